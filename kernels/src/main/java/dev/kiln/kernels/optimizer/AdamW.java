package dev.kiln.kernels.optimizer;

import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/**
 * AdamW in one pass: unscaling, moving averages with bias correction, decoupled weight decay, and
 * the model's copy of the weights in a smaller dtype. A step whose {@code foundInf} is not 0
 * changes nothing. Not thread-safe.
 */
public final class AdamW {
  private static final String NAME = "AdamW";
  private static final String FILE = "adamw.py";

  private final KernelCall call;

  /**
   * The rates of the moving averages, what keeps the division from 0, and the decay of the weights.
   */
  public record Options(double beta1, double beta2, double eps, double weightDecay) {
    public static final Options DEFAULT = new Options(0.9, 0.999, 1e-8, 0.01);

    public Options withWeightDecay(double decay) {
      return new Options(beta1, beta2, eps, decay);
    }
  }

  /**
   * A parameter with its gradient and state, all contiguous and of one shape.
   *
   * @param weights fp32, the master weights
   * @param model the model's copy of the weights, fp16 or bf16; null where the model uses {@code
   *     weights}
   * @param grads fp32, fp16 or bf16
   * @param mean fp32, 0 at first
   * @param square fp32, 0 at first
   */
  public record Parameter(
      NdArray weights, NdArray model, NdArray grads, NdArray mean, NdArray square) {
    public Parameter {
      Check.fp32(NAME, "weights", weights);
      Check.elements(NAME, "weights", weights);
      Check.like(NAME, "grads", grads, "weights", weights);
      Check.like(NAME, "mean", mean, "weights", weights);
      Check.fp32(NAME, "mean", mean);
      Check.like(NAME, "square", square, "weights", weights);
      Check.fp32(NAME, "square", square);
      if (model != null) {
        Check.like(NAME, "model", model, "weights", weights);
      }
    }
  }

  public AdamW(Device device) {
    call = new KernelCall(FILE, "adamw_kernel", device);
  }

  /** A step without loss scaling. */
  public void step(Parameter parameter, Options options, double lr, long step) {
    step(parameter, options, lr, step, 1, null);
  }

  /**
   * A step: updates weights, model and state in place.
   *
   * @param lr learning rate
   * @param step number of this step, from 1; steps that are skipped do not count
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
        .array(parameter.mean())
        .array(parameter.square())
        .array(foundInf)
        .integer(n)
        .number(lr / (1 - Math.pow(options.beta1(), step)))
        .number(1 - lr * options.weightDecay())
        .number(1 / Math.sqrt(1 - Math.pow(options.beta2(), step)))
        .number(1 - options.beta1())
        .number(1 - options.beta2())
        .number(options.beta2())
        .number(options.eps())
        .number(inverseScale)
        .constant(block)
        .over(Grid.cdiv(n, block));
  }
}
