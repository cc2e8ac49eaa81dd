package dev.kiln.compiler.gpu.math;

import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.RegisterClass;

/**
 * Instructions on floats of one type, under short names, for sequences that compute functions. All
 * round to nearest.
 *
 * @param type as opcodes end: {@code f32} or {@code f64}
 */
record Reals(Code code, String type) {
  static Reals singles(Code code) {
    return new Reals(code, "f32");
  }

  static Reals doubles(Code code) {
    return new Reals(code, "f64");
  }

  private boolean isWide() {
    return type.equals("f64");
  }

  private Operand emit(String opcode, Operand... operands) {
    RegisterClass held = isWide() ? RegisterClass.B64 : RegisterClass.B32;
    return code.ptx().emit(opcode + type, held, operands);
  }

  Operand number(double value) {
    return isWide() ? Immediate.f64(value) : Immediate.f32((float) value);
  }

  Operand add(Operand a, Operand b) {
    return emit("add.rn.", a, b);
  }

  Operand sub(Operand a, Operand b) {
    return emit("sub.rn.", a, b);
  }

  Operand mul(Operand a, Operand b) {
    return emit("mul.rn.", a, b);
  }

  Operand mul(Operand a, double b) {
    return mul(a, number(b));
  }

  Operand div(Operand a, Operand b) {
    return emit("div.rn.", a, b);
  }

  Operand fma(Operand a, Operand b, Operand c) {
    return emit("fma.rn.", a, b, c);
  }

  Operand fma(Operand a, double b, Operand c) {
    return fma(a, number(b), c);
  }

  Operand fma(Operand a, double b, double c) {
    return fma(a, number(b), number(c));
  }

  Operand abs(Operand a) {
    return emit("abs.", a);
  }

  Operand trunc(Operand a) {
    return emit("cvt.rzi." + type + ".", a);
  }

  Operand copySign(Operand size, Operand sign) {
    return emit("copysign.", sign, size);
  }

  /**
   * A comparison.
   *
   * @param relation {@code lt}, {@code geu}, ...
   */
  Operand is(Operand a, String relation, double b) {
    return code.pred("setp." + relation + "." + type, a, number(b));
  }

  Operand select(Operand condition, Operand whenTrue, Operand whenFalse) {
    return code.select(condition, whenTrue, whenFalse);
  }

  /** The polynomial with the given coefficients, highest power first, by multiply-adds. */
  Operand polynomial(Operand x, double... coefficients) {
    Operand sum = number(coefficients[0]);
    for (int i = 1; i < coefficients.length; i++) {
      sum = fma(sum, x, number(coefficients[i]));
    }
    return sum;
  }

  /** The same, with separate products and sums, each rounded. */
  Operand horner(Operand x, double... coefficients) {
    Operand sum = number(coefficients[0]);
    for (int i = 1; i < coefficients.length; i++) {
      sum = add(number(coefficients[i]), mul(x, sum));
    }
    return sum;
  }
}
