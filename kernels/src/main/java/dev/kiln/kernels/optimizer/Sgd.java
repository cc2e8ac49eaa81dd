package dev.kiln.kernels.optimizer;

import dev.kiln.kernels.launch.Check;
import dev.kiln.runtime.Device;
import java.util.List;

/**
 * Gradient descent with momentum: {@code v = g} at the first step, then {@code v = momentum v + (1
 * - dampening) g}, and {@code w -= lr v}, or with Nesterov {@code w -= lr (g + momentum v)}, where
 * {@code g} includes {@code weightDecay w}. State with momentum: {@code velocity}.
 */
public final class Sgd extends ElementwiseOptimizer {
  private static final String NAME = "Sgd";

  private final Options options;

  /** Nesterov needs momentum and no dampening. */
  public record Options(double momentum, double dampening, boolean nesterov, double weightDecay) {
    public static final Options DEFAULT = new Options(0, 0, false, 0);

    public Options {
      Rates.notNegative(NAME, "momentum", momentum);
      Rates.notNegative(NAME, "weightDecay", weightDecay);
      if (nesterov && (momentum <= 0 || dampening != 0)) {
        throw Check.fault(NAME, "nesterov", "needs momentum and no dampening");
      }
    }
  }

  public Sgd(Device device, List<Parameter> parameters, Options options) {
    super(NAME, "optimizer.py", "sgd_kernel", device, parameters, states(options));
    this.options = options;
  }

  private static List<State> states(Options options) {
    return options.momentum == 0
        ? List.of()
        : List.of(State.zeros("velocity", ParameterTable.STATE_A));
  }

  @Override
  void numbers(GroupLaunch launch, double lr, long step) {
    launch
        .number(lr)
        .number(options.weightDecay)
        .number(options.momentum)
        .number(step == 1 ? 0 : options.momentum)
        .number(step == 1 ? 1 : 1 - options.dampening);
  }

  @Override
  void constants(GroupLaunch launch) {
    launch.constant(options.momentum != 0).constant(options.nesterov);
  }
}
