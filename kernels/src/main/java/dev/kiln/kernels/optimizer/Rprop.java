package dev.kiln.kernels.optimizer;

import dev.kiln.kernels.launch.Check;
import dev.kiln.runtime.Device;
import java.util.List;

/**
 * Rprop (Riedmiller and Braun, 1993) as in PyTorch, for whole batches: each weight moves by a step
 * size of its own against the sign of its gradient. The size starts with the learning rate of the
 * first step, grows while the sign stays, and shrinks when it changes; then the weight rests for a
 * step. States: {@code last}, the gradient before; {@code size}.
 */
public final class Rprop extends ElementwiseOptimizer {
  private static final String NAME = "Rprop";

  private final Options options;

  /**
   * @param shrink factor of the step size after a change of sign
   * @param grow factor otherwise
   * @param least smallest step size, above 0
   * @param most largest step size
   */
  public record Options(double shrink, double grow, double least, double most) {
    public static final Options DEFAULT = new Options(0.5, 1.2, 1e-6, 50);

    /** Refuses numbers that make no sense. */
    public Options {
      Rates.positive(NAME, "shrink", shrink);
      Rates.positive(NAME, "least", least);
      if (!(shrink < 1 && grow > 1)) {
        throw Check.fault(
            NAME,
            "grow",
            "must be above 1 and 'shrink' below, but they are " + grow + ", " + shrink);
      }
      if (!(least <= most)) {
        throw Check.fault(NAME, "most", "must be at least " + least + ", but is " + most);
      }
    }
  }

  public Rprop(Device device, List<Parameter> parameters, Options options) {
    super(
        NAME,
        "optimizer.py",
        "rprop_kernel",
        device,
        parameters,
        List.of(
            State.zeros("last", ParameterTable.STATE_A),
            State.zeros("size", ParameterTable.STATE_B)));
    this.options = options;
  }

  @Override
  void numbers(GroupLaunch launch, double lr, long step) {
    launch
        .number(lr)
        .number(options.shrink)
        .number(options.grow)
        .number(options.least)
        .number(options.most);
  }
}
