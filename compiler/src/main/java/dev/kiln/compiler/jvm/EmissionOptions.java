package dev.kiln.compiler.jvm;

/**
 * How a class is generated. The bits that a kernel computes do not depend on it.
 *
 * @param simdBits width of the vectors: 128, 256 or 512; 0 for scalar code, which does not refer to
 *     the Vector API
 */
public record EmissionOptions(int simdBits) {
  /** Code that runs without the Vector API. */
  public static final EmissionOptions SCALAR = new EmissionOptions(0);

  public EmissionOptions {
    if (simdBits != 0 && simdBits != 128 && simdBits != 256 && simdBits != 512) {
      throw new IllegalArgumentException("SIMD width is 0, 128, 256 or 512 bits, not " + simdBits);
    }
  }

  public boolean isScalar() {
    return simdBits == 0;
  }
}
