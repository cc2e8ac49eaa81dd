package dev.kiln.compiler.gpu.math;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ptx.Operand;

/** C's {@code fmod}. */
final class FloatRemainder {
  private final Code code;
  private final FloatCasts casts;

  FloatRemainder(Code code, FloatCasts casts) {
    this.code = code;
    this.casts = casts;
  }

  Operand apply(DType dtype, Operand a, Operand b) {
    throw new UnsupportedOperationException("rem of " + dtype);
  }
}
