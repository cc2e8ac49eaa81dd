package dev.kiln.compiler.gpu.math;

import static dev.kiln.compiler.gpu.math.Code.f;

import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.ptx.Operand;

/** The approximate functions of fp32. */
final class FloatFunctions {
  private final Code code;

  FloatFunctions(Code code) {
    this.code = code;
  }

  Operand apply(UnaryKind kind, Operand x) {
    return switch (kind) {
      case EXP2 -> exp2(x);
      case EXP -> exp(x);
      case RSQRT -> code.b32("rsqrt.approx.f32", x);
      case LOG, LOG2, SIN, COS, TANH, ERF ->
          throw new UnsupportedOperationException(kind.mnemonic());
      case NEG, ABS, NOT, CLZ, POPC, BREV, FLOOR, CEIL, TRUNC, RINT, SQRT ->
          throw new IllegalArgumentException(kind.mnemonic() + " is not approximate");
    };
  }

  private Operand exp2(Operand x) {
    return code.b32("ex2.approx.f32", x);
  }

  /** {@code 2^t (1 + r ln 2)}, where t + r is x log2(e) to twice the precision. */
  private Operand exp(Operand x) {
    Operand bounded = code.b32("max.NaN.f32", code.b32("min.NaN.f32", x, f(89)), f(-105));
    Operand t = mul(bounded, f(LOG2_E));
    Operand error = fma(bounded, f(-(float) LOG2_E), t);
    error = fma(bounded, f((float) LOG2_E - LOG2_E), error);
    Operand correction = fma(error, f(-Math.log(2)), f(1));
    return mul(exp2(t), correction);
  }

  private static final double LOG2_E = 1.4426950408889634;

  private Operand mul(Operand a, Operand b) {
    return code.b32("mul.rn.f32", a, b);
  }

  private Operand fma(Operand a, Operand b, Operand c) {
    return code.b32("fma.rn.f32", a, b, c);
  }
}
