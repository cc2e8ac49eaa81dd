package dev.kiln.kernels.optimizer;

import dev.kiln.runtime.Device;
import java.util.ArrayList;
import java.util.List;

/**
 * Adam (Kingma and Ba, 2015) and AdamW (Loshchilov and Hutter, 2019): averages of the gradient and
 * of its square, both corrected for their start at 0; {@code w -= lr m / (sqrt(v) + eps)}. Weight
 * decay is added to the gradient, or decoupled from it: {@code w -= lr weightDecay w}. AMSGrad
 * (Reddi et al., 2018) divides by the largest {@code v} so far. States: {@code mean}, {@code
 * square}; with AMSGrad {@code largest}.
 */
public final class Adam extends ElementwiseOptimizer {
  static final String NAME = "Adam";

  private final Options options;

  /**
   * The rates of the averages, what keeps the division from 0, and the decay of the weights.
   *
   * @param decoupled AdamW
   */
  public record Options(
      double beta1,
      double beta2,
      double eps,
      double weightDecay,
      boolean decoupled,
      boolean amsgrad) {
    /** Adam without decay. */
    public static final Options ADAM = new Options(0.9, 0.999, 1e-8, 0, false, false);

    /** AdamW with a decay of 0.01. */
    public static final Options ADAMW = new Options(0.9, 0.999, 1e-8, 0.01, true, false);

    /** Refuses numbers that make no sense. */
    public Options {
      Rates.share(NAME, "beta1", beta1);
      Rates.share(NAME, "beta2", beta2);
      Rates.notNegative(NAME, "eps", eps);
      Rates.notNegative(NAME, "weightDecay", weightDecay);
    }

    public Options withWeightDecay(double decay) {
      return new Options(beta1, beta2, eps, decay, decoupled, amsgrad);
    }

    public Options withAmsgrad() {
      return new Options(beta1, beta2, eps, weightDecay, decoupled, true);
    }

    /** Passes what the kernels of Adam share. */
    void numbers(GroupLaunch launch, double lr, long step) {
      launch
          .number(lr / (1 - Math.pow(beta1, step)))
          .number(decoupled ? lr * weightDecay : weightDecay)
          .number(1 / Math.sqrt(1 - Math.pow(beta2, step)))
          .number(1 - beta1)
          .number(1 - beta2)
          .number(beta2)
          .number(eps);
    }
  }

  public Adam(Device device, List<Parameter> parameters, Options options) {
    super(NAME, "optimizer.py", "adam_kernel", device, parameters, states(options));
    this.options = options;
  }

  private static List<State> states(Options options) {
    List<State> states = new ArrayList<>();
    states.add(State.zeros("mean", ParameterTable.STATE_A));
    states.add(State.zeros("square", ParameterTable.STATE_B));
    if (options.amsgrad) {
      states.add(State.zeros("largest", ParameterTable.STATE_C));
    }
    return states;
  }

  @Override
  void numbers(GroupLaunch launch, double lr, long step) {
    options.numbers(launch, lr, step);
  }

  @Override
  void constants(GroupLaunch launch) {
    launch.constant(options.decoupled).constant(options.amsgrad);
  }
}
