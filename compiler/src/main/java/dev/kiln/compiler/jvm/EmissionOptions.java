package dev.kiln.compiler.jvm;

import dev.kiln.starter.StarterClasses;

/**
 * How a class is generated. The bits that a kernel computes do not depend on it.
 *
 * @param simdBits width of the vectors: 128, 256 or 512; 0 for scalar code, which does not refer to
 *     the Vector API
 * @param isStarter whether the class runs only until another one is ready, and so is left to the
 *     JVM's usual ways: the {@link JitDirectives} do not hold for it
 */
public record EmissionOptions(int simdBits, boolean isStarter) {
  /** Code that runs without the Vector API. */
  public static final EmissionOptions SCALAR = new EmissionOptions(0);

  /** Scalar code for the first launches of a process. */
  public static final EmissionOptions STARTER = new EmissionOptions(0, true);

  public EmissionOptions {
    if (simdBits != 0 && simdBits != 128 && simdBits != 256 && simdBits != 512) {
      throw new IllegalArgumentException("SIMD width is 0, 128, 256 or 512 bits, not " + simdBits);
    }
  }

  /** For a class that stays. */
  public EmissionOptions(int simdBits) {
    this(simdBits, false);
  }

  /** The package in which the class is defined. */
  String packageName() {
    return isStarter ? StarterClasses.class.getPackageName() : ClassFileEmitter.PACKAGE;
  }

  public boolean isScalar() {
    return simdBits == 0;
  }
}
