package dev.kiln.kernels.optimizer;

import dev.kiln.runtime.Device;
import java.util.List;

/**
 * Adagrad (Duchi et al., 2011): {@code s += g^2}, {@code w -= lr / (1 + (step - 1) lrDecay) g /
 * (sqrt(s) + eps)}, where {@code g} includes {@code weightDecay w}. State: {@code sum}.
 */
public final class Adagrad extends ElementwiseOptimizer {
  private static final String NAME = "Adagrad";

  private final Options options;

  /**
   * @param initialSum what the sums of squares start from
   */
  public record Options(double lrDecay, double weightDecay, double initialSum, double eps) {
    public static final Options DEFAULT = new Options(0, 0, 0, 1e-10);

    /** Refuses numbers that make no sense. */
    public Options {
      Rates.notNegative(NAME, "lrDecay", lrDecay);
      Rates.notNegative(NAME, "weightDecay", weightDecay);
      Rates.notNegative(NAME, "initialSum", initialSum);
      Rates.notNegative(NAME, "eps", eps);
    }
  }

  public Adagrad(Device device, List<Parameter> parameters, Options options) {
    super(
        NAME,
        "optimizer.py",
        "adagrad_kernel",
        device,
        parameters,
        List.of(State.of("sum", ParameterTable.STATE_A, options.initialSum)));
    this.options = options;
  }

  @Override
  void numbers(GroupLaunch launch, double lr, long step) {
    launch
        .number(lr / (1 + (step - 1) * options.lrDecay))
        .number(options.weightDecay)
        .number(options.eps);
  }
}
