package dev.kiln.kernels.optimizer;

import dev.kiln.runtime.Device;
import java.util.ArrayList;
import java.util.List;

/**
 * RMSProp as in PyTorch: {@code s = alpha s + (1 - alpha) g^2}, {@code u = g / (sqrt(s) + eps)},
 * {@code w -= lr u}, or with momentum {@code v = momentum v + u}, {@code w -= lr v}. Centred, the
 * square of the gradient's average is taken off {@code s}. {@code g} includes {@code weightDecay
 * w}. States: {@code square}; with momentum {@code velocity}; centred {@code mean}.
 */
public final class RmsProp extends ElementwiseOptimizer {
  private static final String NAME = "RmsProp";

  private final Options options;

  /** The share of the average that stays, and so on. */
  public record Options(
      double alpha, double eps, double momentum, boolean centered, double weightDecay) {
    public static final Options DEFAULT = new Options(0.99, 1e-8, 0, false, 0);

    /** Refuses numbers that make no sense. */
    public Options {
      Rates.share(NAME, "alpha", alpha);
      Rates.notNegative(NAME, "eps", eps);
      Rates.notNegative(NAME, "momentum", momentum);
      Rates.notNegative(NAME, "weightDecay", weightDecay);
    }
  }

  public RmsProp(Device device, List<Parameter> parameters, Options options) {
    super(NAME, "optimizer.py", "rmsprop_kernel", device, parameters, states(options));
    this.options = options;
  }

  private static List<State> states(Options options) {
    List<State> states = new ArrayList<>();
    states.add(State.zeros("square", ParameterTable.STATE_A));
    if (options.momentum != 0) {
      states.add(State.zeros("velocity", ParameterTable.STATE_B));
    }
    if (options.centered) {
      states.add(State.zeros("mean", ParameterTable.STATE_C));
    }
    return states;
  }

  @Override
  void numbers(GroupLaunch launch, double lr, long step) {
    launch
        .number(lr)
        .number(options.weightDecay)
        .number(options.alpha)
        .number(1 - options.alpha)
        .number(options.eps)
        .number(options.momentum);
  }

  @Override
  void constants(GroupLaunch launch) {
    launch.constant(options.momentum != 0).constant(options.centered);
  }
}
