package dev.kiln.kernels.optimizer;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.Check;
import dev.kiln.runtime.NdArray;

/**
 * What happens to gradients before an optimizer uses them, on the way: {@code g = clip(inverseScale
 * clipFactor g)}.
 *
 * @param inverseScale undoes loss scaling
 * @param clipValue the largest magnitude of a gradient, infinite for any; larger ones are clipped
 *     to it
 * @param clipFactor one number on the device, see {@link GlobalNorm}; or null
 * @param foundInf one number on the device, see {@link FindInf} and {@link GlobalNorm}; if it is
 *     not 0 the step changes nothing. Or null
 */
public record GradientScaling(
    double inverseScale, double clipValue, NdArray clipFactor, NdArray foundInf) {
  private static final String NAME = "GradientScaling";

  /** Gradients as they are. */
  public static final GradientScaling NONE =
      new GradientScaling(1, Double.POSITIVE_INFINITY, null, null);

  /** Refuses numbers that make no sense. */
  public GradientScaling {
    if (!(inverseScale > 0 && inverseScale < Double.POSITIVE_INFINITY)) {
      throw Check.fault(NAME, "inverseScale", "must be above 0, but is " + inverseScale);
    }
    if (!(clipValue > 0)) {
      throw Check.fault(NAME, "clipValue", "must be above 0, but is " + clipValue);
    }
    number("clipFactor", clipFactor);
    number("foundInf", foundInf);
  }

  private static void number(String argument, NdArray array) {
    if (array == null) {
      return;
    }
    Check.single(NAME, argument, array);
    if (array.dtype() != DType.FP64) {
      Check.fp32(NAME, argument, array);
    }
  }

  public GradientScaling withInverseScale(double scale) {
    return new GradientScaling(scale, clipValue, clipFactor, foundInf);
  }

  public GradientScaling withClipValue(double value) {
    return new GradientScaling(inverseScale, value, clipFactor, foundInf);
  }

  public GradientScaling withFoundInf(NdArray flag) {
    return new GradientScaling(inverseScale, clipValue, clipFactor, flag);
  }

  /** Clips by the norm of all gradients, and skips the step if that is not finite. */
  public GradientScaling withNorm(GlobalNorm norm) {
    return new GradientScaling(inverseScale, clipValue, norm.factor(), norm.foundInf());
  }
}
