package dev.kiln.kernels.optimizer;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.Check;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Muon (Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024): momentum,
 * then five Newton-Schulz steps that bring the singular values of the update near 1, then a step of
 * {@code lr sqrt(max(1, rows / columns))}; weight decay is decoupled. For matrices of hidden
 * layers; embeddings, the last layer, biases and the numbers of norms take another optimizer.
 * State: {@code momentum}.
 *
 * <p>Parameters have rank 2 or more; the axes after the first count as one, as for weights of
 * convolutions. Momentum and update are a launch for each group of dtypes and shapes; between them
 * come two for the norms and 15 products of all matrices of a group.
 */
public final class Muon extends Optimizer {
  static final String NAME = "Muon";

  private final Options options;
  private final Launches launches;

  /**
   * @param products the dtype of matrix products, fp32 or bf16; those of fp64 weights are in fp64
   */
  public record Options(double momentum, boolean nesterov, double weightDecay, DType products) {
    public static final Options DEFAULT = new Options(0.95, true, 0, DType.FP32);

    /** Refuses numbers that make no sense. */
    public Options {
      Rates.share(NAME, "momentum", momentum);
      Rates.notNegative(NAME, "weightDecay", weightDecay);
      if (products != DType.FP32 && products != DType.BF16) {
        throw Check.fault(NAME, "products", "must be fp32 or bf16, but is " + products);
      }
    }
  }

  public Muon(Device device, List<Parameter> parameters, Options options) {
    super(
        NAME,
        device,
        matrices(parameters),
        List.of(State.zeros("momentum", ParameterTable.STATE_A)));
    this.options = options;
    launches = launches(all());
  }

  @Override
  Launches launches(List<Integer> indices) {
    List<MuonBatch> batches = new ArrayList<>();
    for (List<Integer> group : groups(indices)) {
      for (List<Integer> batch : shapes(group)) {
        ParameterTable table = table(batch, ParameterTable.block(device(), members(batch)));
        batches.add(new MuonBatch(device(), members(batch), table, options));
      }
    }
    return new Batches(batches);
  }

  /** Launches of matrices of one shape each. */
  private record Batches(List<MuonBatch> batches) implements Launches {
    @Override
    public void update(double lr, long step, GradientScaling scaling) {
      for (int i = 0; i < batches.size(); i++) {
        batches.get(i).update(lr, scaling);
      }
    }

    @Override
    public void close() {
      batches.forEach(MuonBatch::close);
    }
  }

  private static List<Parameter> matrices(List<Parameter> parameters) {
    for (Parameter parameter : parameters) {
      NdArray weights = parameter.weights();
      if (weights.rank() < 2) {
        throw Check.fault(NAME, "weights", "must have rank 2 or more, but are " + weights);
      }
    }
    return parameters;
  }

  /** Members of a group by the sizes of their matrices; empty ones are left out. */
  private Iterable<List<Integer>> shapes(List<Integer> group) {
    Map<List<Long>, List<Integer>> shapes = new LinkedHashMap<>();
    for (int i : group) {
      NdArray weights = parameters().get(i).weights();
      if (weights.size() > 0) {
        long rows = weights.dim(0);
        shapes
            .computeIfAbsent(List.of(rows, weights.size() / rows), key -> new ArrayList<>())
            .add(i);
      }
    }
    return shapes.values();
  }

  @Override
  void update(double lr, long step, GradientScaling scaling) {
    launches.update(lr, step, scaling);
  }

  @Override
  public void close() {
    launches.close();
    super.close();
  }
}
