package dev.kiln.compiler.loop;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Value;

/**
 * A driver scalar or a constant, {@code i32} or {@code i64}.
 *
 * @param value null for a constant
 * @param constant 0 unless a constant
 */
record Sc(Value value, long constant, DType dtype) {
  static Sc of(Value value) {
    return new Sc(value, 0, value.dtype());
  }

  static Sc of(long constant, DType dtype) {
    return new Sc(null, dtype == DType.I32 ? (int) constant : constant, dtype);
  }

  boolean isConstant() {
    return value == null;
  }

  boolean is(long number) {
    return value == null && constant == number;
  }
}
