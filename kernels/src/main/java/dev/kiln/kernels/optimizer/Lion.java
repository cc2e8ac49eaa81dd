package dev.kiln.kernels.optimizer;

import dev.kiln.runtime.Device;
import java.util.List;

/**
 * Lion (Chen et al., "Symbolic Discovery of Optimization Algorithms", 2023): {@code w -= lr
 * (sign(beta1 m + (1 - beta1) g) + weightDecay w)}, then {@code m = beta2 m + (1 - beta2) g}.
 * State: {@code mean}.
 */
public final class Lion extends ElementwiseOptimizer {
  private static final String NAME = "Lion";

  private final Options options;

  /** The rates of the averages, and the decay of the weights. */
  public record Options(double beta1, double beta2, double weightDecay) {
    public static final Options DEFAULT = new Options(0.9, 0.99, 0);

    /** Refuses numbers that make no sense. */
    public Options {
      Rates.share(NAME, "beta1", beta1);
      Rates.share(NAME, "beta2", beta2);
      Rates.notNegative(NAME, "weightDecay", weightDecay);
    }
  }

  public Lion(Device device, List<Parameter> parameters, Options options) {
    super(
        NAME,
        "optimizer.py",
        "lion_kernel",
        device,
        parameters,
        List.of(State.zeros("mean", ParameterTable.STATE_A)));
    this.options = options;
  }

  @Override
  void numbers(GroupLaunch launch, double lr, long step) {
    launch
        .number(lr)
        .number(lr * options.weightDecay)
        .number(1 - options.beta1)
        .number(1 - options.beta2);
  }
}
