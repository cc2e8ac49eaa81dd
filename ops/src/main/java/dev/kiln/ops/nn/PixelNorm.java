package dev.kiln.ops.nn;

import dev.kiln.ops.function.Normalizations;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;

/** Mean square 1 over the channels at each pixel (Karras et al., 2018). No parameters. */
public final class PixelNorm extends Norm {
  private static final double EPS = 1e-8;

  public PixelNorm(Context context) {
    super(context, UNCENTRED);
  }

  @Override
  protected Tensor forward(Tensor x) {
    return Normalizations.pixelNorm(x, EPS);
  }
}
