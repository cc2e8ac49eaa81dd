package dev.kiln.kernels.optimizer;

import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/**
 * Gradient descent with momentum in one pass: {@code v = g} at the first step, then {@code v =
 * momentum v + (1 - dampening) g}, and {@code w -= lr v}, or with Nesterov {@code w -= lr (g +
 * momentum v)}, where {@code g} includes {@code weightDecay w}. A step whose {@code foundInf} is
 * not 0 changes nothing. Not thread-safe.
 */
public final class Sgd {
  private static final String NAME = "Sgd";
  private static final String FILE = "sgd.py";

  private final KernelCall call;

  /** Nesterov needs momentum and no dampening. */
  public record Options(double momentum, double dampening, boolean nesterov, double weightDecay) {
    public static final Options DEFAULT = new Options(0, 0, false, 0);

    public Options {
      if (nesterov && (momentum <= 0 || dampening != 0)) {
        throw Check.fault(NAME, "nesterov", "needs momentum and no dampening");
      }
    }
  }

  /**
   * A parameter with its gradient and state, all contiguous and of one shape.
   *
   * @param weights fp32, the master weights
   * @param model the model's copy of the weights, fp16 or bf16; null where the model uses {@code
   *     weights}
   * @param grads fp32, fp16 or bf16
   * @param velocity fp32; null without momentum
   */
  public record Parameter(NdArray weights, NdArray model, NdArray grads, NdArray velocity) {
    public Parameter {
      Check.fp32(NAME, "weights", weights);
      Check.elements(NAME, "weights", weights);
      Check.like(NAME, "grads", grads, "weights", weights);
      if (model != null) {
        Check.like(NAME, "model", model, "weights", weights);
      }
      if (velocity != null) {
        Check.like(NAME, "velocity", velocity, "weights", weights);
        Check.fp32(NAME, "velocity", velocity);
      }
    }
  }

  public Sgd(Device device) {
    call = new KernelCall(FILE, "sgd_kernel", device);
  }

  /** A step without loss scaling. */
  public void step(Parameter parameter, Options options, double lr, long step) {
    step(parameter, options, lr, step, 1, null);
  }

  /**
   * A step: updates weights, model and state in place.
   *
   * @param lr learning rate
   * @param step number of this step, from 1; the velocity starts at the first. Steps that are
   *     skipped do not count
   * @param inverseScale what the gradients are multiplied by
   * @param foundInf one fp32 number that is not 0 if the step is to be skipped (see {@link
   *     FindInf}); null for never
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void step(
      Parameter parameter,
      Options options,
      double lr,
      long step,
      double inverseScale,
      NdArray foundInf) {
    if (step < 1) {
      throw Check.fault(NAME, "step", "must be at least 1, but is " + step);
    }
    if (options.momentum() != 0 && parameter.velocity() == null) {
      throw Check.fault(NAME, "velocity", "is needed for momentum");
    }
    Check.foundInf(NAME, foundInf);
    long n = parameter.weights().size();
    if (n == 0) {
      return;
    }
    int block = BlockSizes.elementwise(n);
    call.start()
        .array(parameter.weights())
        .array(parameter.model())
        .array(parameter.grads())
        .array(options.momentum() == 0 ? null : parameter.velocity())
        .array(foundInf)
        .integer(n)
        .number(lr)
        .number(options.weightDecay())
        .number(options.momentum())
        .number(1 - options.dampening())
        .number(inverseScale)
        .constant(step == 1)
        .constant(options.nesterov())
        .constant(block)
        .over(Grid.cdiv(n, block));
  }
}
