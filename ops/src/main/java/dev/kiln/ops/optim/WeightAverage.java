package dev.kiln.ops.optim;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.checkpoint.StateReader;
import dev.kiln.ops.checkpoint.StateWriter;
import dev.kiln.ops.checkpoint.Stateful;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Mode;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An exponential moving average of the weights of a model, {@code a = decay a + (1 - decay) w}
 * after each step, which often generalises better than the weights themselves (Polyak and Juditsky,
 * 1992). It is in fp32, of fp64 weights in fp64, and follows master weights where there are some.
 */
public final class WeightAverage implements Stateful, AutoCloseable {
  private final Context context;
  private final Optimizer optimizer;
  private final double decay;
  private final boolean warmsUp;
  private final Map<String, Tensor> averages = new LinkedHashMap<>();
  private List<Tensor> sources = List.of();
  private SoftUpdate moving;
  private long updates;

  /**
   * Starts from the weights as they are.
   *
   * @param decay 0 to 1, for example 0.999
   * @param warmsUp whether the decay of update n, from 1, is at most {@code n / (9 + n)}, so that
   *     the beginning is soon forgotten
   */
  public WeightAverage(Context context, Optimizer optimizer, double decay, boolean warmsUp) {
    if (!(decay >= 0 && decay <= 1)) {
      throw new KilnException("weight average: the decay must be from 0 to 1, but is " + decay);
    }
    this.context = context;
    this.optimizer = optimizer;
    this.decay = decay;
    this.warmsUp = warmsUp;
    optimizer
        .weights()
        .forEach(
            (name, weight) -> {
              DType dtype = weight.dtype() == DType.FP64 ? DType.FP64 : DType.FP32;
              Tensor average = context.empty(dtype, weight.shape()).copyFrom(weight);
              averages.put(name, average.named(name + ".average").persist());
            });
  }

  /** Takes in the weights after a step; see {@link Optimizer#afterStep}. */
  public void update() {
    Map<String, Tensor> weights = optimizer.weights();
    // Master weights appear with the first step.
    if (!List.copyOf(weights.values()).equals(sources)) {
      stop();
      sources = List.copyOf(weights.values());
      moving = new SoftUpdate(context, averages, weights);
    }
    updates++;
    double used = warmsUp ? Math.min(decay, updates / (9.0 + updates)) : decay;
    moving.run(1 - used);
  }

  private void stop() {
    if (moving != null) {
      moving.close();
      moving = null;
    }
  }

  /** The averages by the names of the parameters. */
  public Map<String, Tensor> averages() {
    return Collections.unmodifiableMap(averages);
  }

  /**
   * Puts the averages in the place of the model's weights, for an evaluation. No step may be made
   * meanwhile.
   *
   * @return puts the weights back
   */
  public Mode applied() {
    var before = new LinkedHashMap<String, Tensor>();
    try (Mode _ = context.noGrad()) {
      optimizer
          .parameters()
          .forEach(
              (name, parameter) -> {
                Tensor kept = context.empty(parameter.dtype(), parameter.shape());
                before.put(name, kept.copyFrom(parameter).persist());
                parameter.copyFrom(averages.get(name));
              });
    }
    return () -> {
      try (Mode _ = context.noGrad();
          Scope _ = context.frame()) {
        optimizer.parameters().forEach((name, weight) -> weight.copyFrom(before.get(name)));
      }
      before.values().forEach(Tensor::close);
      before.clear();
    };
  }

  @Override
  public void save(StateWriter out) {
    averages.forEach((name, average) -> out.array(name, average.array()));
    out.value("updates", updates);
  }

  @Override
  public void load(StateReader in) {
    averages.forEach(
        (name, average) -> {
          in.array(name, average.array());
          average.changedInPlace();
        });
    updates = in.value("updates", Long.class);
  }

  /** Frees the averages. */
  @Override
  public void close() {
    stop();
    averages.values().forEach(Tensor::close);
  }
}
