package dev.kiln.ops.pruning;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.checkpoint.StateReader;
import dev.kiln.ops.checkpoint.StateWriter;
import dev.kiln.ops.checkpoint.Stateful;
import dev.kiln.ops.optim.Optimizer;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Mode;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Weights of a model in training that stay zero once they are pruned: masks are put on after each
 * step of the optimizer, whatever momentum and decay added, on fp32 master weights too.
 */
public final class MaskedWeights implements Stateful, AutoCloseable {
  private final Optimizer optimizer;
  private final Map<String, Tensor> weights;
  private final Map<String, NdArray> masks = new LinkedHashMap<>();
  private final Pruning pruning;
  private final Mode listening;
  private Kept kept;

  /** Master weights are kept beside the weights, which are rounded from them. */
  private record Kept(
      Map<String, double[]> weights, Map<String, double[]> masters, Map<String, double[]> masks) {}

  /**
   * @param weights by their names in the model, which the optimizer changes: usually those of at
   *     least two axes, without biases and norms
   * @throws KilnException if there are none, or the optimizer does not know one
   */
  public MaskedWeights(Optimizer optimizer, Map<String, Tensor> weights) {
    if (weights.isEmpty()) {
      throw new KilnException("pruning: there must be at least one weight");
    }
    Map<String, Tensor> known = optimizer.parameters();
    for (String name : weights.keySet()) {
      if (known.get(name) != weights.get(name)) {
        throw new KilnException("pruning: the optimizer does not change '" + name + "'");
      }
    }
    this.optimizer = optimizer;
    this.weights = new LinkedHashMap<>(weights);
    Tensor first = this.weights.values().iterator().next();
    pruning = new Pruning(first.device());
    this.weights.forEach(
        (name, weight) ->
            masks.put(name, NdArray.full(weight.device(), DType.I8, 1, weight.shape())));
    listening = optimizer.afterStep(this::apply);
  }

  /** The weights of at least two axes: all but biases and the numbers of norms. */
  public static Map<String, Tensor> matrices(Map<String, Tensor> parameters) {
    var some = new LinkedHashMap<String, Tensor>();
    parameters.forEach(
        (name, tensor) -> {
          if (tensor.rank() >= 2) {
            some.put(name, tensor);
          }
        });
    return some;
  }

  /** Puts zeros in the place of the smallest of all weights, until that share of them is zero. */
  public void prune(double sparsity) {
    List<NdArray> fresh = Pruning.byMagnitude(arrays(), sparsity);
    int i = 0;
    for (Map.Entry<String, NdArray> mask : masks.entrySet()) {
      mask.setValue(fresh.get(i++)).close();
    }
    apply();
  }

  /** The share of zeros among the weights. */
  public double sparsity() {
    return Pruning.sparsity(arrays());
  }

  private List<NdArray> arrays() {
    return weights.values().stream().map(Tensor::array).toList();
  }

  private void apply() {
    Map<String, Tensor> changed = optimizer.weights();
    masks.forEach(
        (name, mask) -> {
          Tensor weight = weights.get(name);
          pruning.apply(mask, weight.array());
          weight.changedInPlace();
          Tensor master = changed.get(name);
          if (master != weight) {
            pruning.apply(mask, master.array());
            master.changedInPlace();
          }
        });
  }

  /** Remembers weights and masks as they are. */
  public void keep() {
    var values = new LinkedHashMap<String, double[]>();
    weights.forEach((name, weight) -> values.put(name, weight.toDoubles()));
    var masters = new LinkedHashMap<String, double[]>();
    for (String name : weights.keySet()) {
      optimizer.master(name).ifPresent(master -> masters.put(name, master.toDoubles()));
    }
    var ones = new LinkedHashMap<String, double[]>();
    masks.forEach((name, mask) -> ones.put(name, mask.toDoubles()));
    kept = new Kept(values, masters, ones);
  }

  /**
   * Goes back to what was kept last.
   *
   * @throws KilnException if nothing was kept
   */
  public void restore() {
    if (kept == null) {
      throw new KilnException("pruning: nothing was kept that could be restored");
    }
    Context context = weights.values().iterator().next().context();
    try (Mode _ = context.noGrad()) {
      weights.forEach((name, weight) -> weight.set(kept.weights.get(name)));
      optimizer.refreshMasters();
      kept.masters.forEach(
          (name, numbers) -> optimizer.master(name).ifPresent(master -> master.set(numbers)));
    }
    masks.forEach((name, mask) -> mask.set(kept.masks.get(name)));
  }

  @Override
  public void save(StateWriter out) {
    masks.forEach(out::array);
  }

  @Override
  public void load(StateReader in) {
    masks.forEach(in::array);
    apply();
  }

  /** Ends the pruning; weights are as free as before. */
  @Override
  public void close() {
    listening.close();
    var closed = new ArrayList<>(masks.values());
    masks.clear();
    closed.forEach(NdArray::close);
    pruning.close();
  }
}
