package dev.kiln.kernels.pooling;

/** How images are resampled along each axis, from {@code n} elements to {@code out}. */
public enum UpsamplingMode {
  /** Element {@code floor(o n / out)}. */
  NEAREST("nearest"),
  /** Linear between centres of elements: at {@code max((o + 1/2) n / out - 1/2, 0)}. */
  LINEAR("linear"),
  /** Linear, with the corners in place: at {@code o (n - 1) / (out - 1)}. */
  LINEAR_WITH_CORNERS("corners");

  private final String kernelName;

  UpsamplingMode(String kernelName) {
    this.kernelName = kernelName;
  }

  String kernelName() {
    return kernelName;
  }

  /** A bound on the results that an element has a part in. */
  long around(long n, long out) {
    return switch (this) {
      case NEAREST -> Math.ceilDiv(out, n);
      case LINEAR -> Math.min(out, Math.ceilDiv(2 * out, n) + 2);
      case LINEAR_WITH_CORNERS ->
          n == 1 ? out : Math.min(out, Math.ceilDiv(2 * (out - 1), n - 1) + 2);
    };
  }

  /**
   * The size of images that are enlarged by a factor, {@code floor(scale n)}.
   *
   * @param scale above 0
   */
  public static long size(long n, double scale) {
    return (long) Math.floor(scale * n);
  }
}
