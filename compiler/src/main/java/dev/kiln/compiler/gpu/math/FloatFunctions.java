package dev.kiln.compiler.gpu.math;

import static dev.kiln.compiler.gpu.math.Code.f;
import static dev.kiln.compiler.gpu.math.Code.i;

import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.numeric.SinglePolynomial;
import dev.kiln.compiler.ptx.Operand;

/**
 * The approximate functions of fp32. Errors in units in the last place, where the instructions err
 * as much as the PTX ISA allows them ({@code ex2.approx} 2^-22 of the result, {@code rsqrt.approx}
 * 2^-22.9, {@code rcp.approx} one unit):
 *
 * <table>
 * <caption>Bounds</caption>
 * <tr><td>{@code exp2}</td><td>one instruction</td><td>4, 2 by the CUDA C++ Programming Guide</td></tr>
 * <tr><td>{@code rsqrt}</td><td>one instruction</td><td>2.2</td></tr>
 * <tr><td>{@code exp}</td><td>{@code ex2} of a product kept in two parts</td><td>that of {@code exp2}
 *     and 1</td></tr>
 * <tr><td>{@code log, log2}</td><td>polynomials, as on the CPU</td><td>1.1, 1.9</td></tr>
 * <tr><td>{@code sin, cos}</td><td>polynomials; {@link TrigonometricReduction}</td><td>1.9</td></tr>
 * <tr><td>{@code tanh}</td><td>a polynomial, or by {@code ex2}</td><td>4</td></tr>
 * <tr><td>{@code erf}</td><td>a polynomial, or by {@code ex2}</td><td>2.5</td></tr>
 * </table>
 *
 * <p>Denormals are kept throughout; specials as IEEE 754 recommends.
 */
final class FloatFunctions {
  private static final double LOG2_E = 1.4426950408889634;

  /** ln 2 in two parts; the upper has few bits, so that products with exponents are exact. */
  private static final double LN2_HIGH = 0.693359375;

  private static final double LN2_LOW = -2.12194440e-4;

  /**
   * The factor between the error of an exponent and a number that {@code .sat} clamps around 1/2.
   */
  private static final double CLAMP = 0x1p15;

  private static final int SQRT_HALF_BITS = 0x3f3504f3;
  private static final int MANTISSA_BITS = 23;
  private static final double SMALLEST_NORMAL = 0x1p-126;

  private static final double TANH_SERIES_END = 0.625;
  private static final double ERF_SERIES_END = 0.927734375;
  private static final double ERF_IS_ONE = 4.5;

  private final Code code;
  private final Reals real;
  private final TrigonometricReduction reduction;

  FloatFunctions(Code code) {
    this.code = code;
    this.real = Reals.singles(code);
    this.reduction = new TrigonometricReduction(code);
  }

  Operand apply(UnaryKind kind, Operand x) {
    return switch (kind) {
      case EXP2 -> exp2(x);
      case EXP -> exp(x);
      case RSQRT -> code.b32("rsqrt.approx.f32", x);
      case LOG -> log(x);
      case LOG2 -> log2(x);
      case SIN -> sinOrCos(x, 0);
      case COS -> sinOrCos(x, 1);
      case TANH -> tanh(x);
      case ERF -> erf(x);
      case NEG, ABS, NOT, CLZ, POPC, BREV, FLOOR, CEIL, TRUNC, RINT, SQRT ->
          throw new IllegalArgumentException(kind.mnemonic() + " is not approximate");
    };
  }

  private Operand exp2(Operand x) {
    return code.b32("ex2.approx.f32", x);
  }

  /**
   * {@code 2^t (1 + r ln 2)}, where {@code t + r} is {@code x log2(e)} to twice the precision. The
   * second factor is within 2^-16 of 1 wherever the first is neither 0 nor infinite; elsewhere it
   * is clamped, so that it does not disturb those (for infinite x, r is NaN, which {@code .sat}
   * makes 0).
   */
  private Operand exp(Operand x) {
    Operand t = real.mul(x, LOG2_E);
    Operand error = real.fma(x, -(float) LOG2_E, t);
    error = real.fma(x, (float) LOG2_E - LOG2_E, error);
    Operand clamped = code.b32("fma.rn.sat.f32", error, f(-Math.log(2) * CLAMP), f(0.5));
    Operand factor = real.fma(clamped, 1 / CLAMP, 1 - 0.5 / CLAMP);
    return real.mul(exp2(t), factor);
  }

  /** A positive number as {@code (1 + fraction) * 2^exponent}, the fraction near 0. */
  private record Split(Operand fraction, Operand exponent) {}

  private Split split(Operand x) {
    Operand subnormal = real.is(x, "lt", SMALLEST_NORMAL);
    Operand scaled = code.select(subnormal, real.mul(x, 0x1p23), x);
    Operand bits = code.b32("sub.s32", scaled, i(SQRT_HALF_BITS));
    Operand exponent = code.b32("cvt.rn.f32.s32", code.b32("shr.s32", bits, i(MANTISSA_BITS)));
    Operand mantissa = code.b32("and.b32", bits, i((1 << MANTISSA_BITS) - 1));
    Operand number = code.b32("add.s32", mantissa, i(SQRT_HALF_BITS));
    Operand lowered = code.select(subnormal, f(-MANTISSA_BITS), f(0));
    return new Split(real.sub(number, f(1)), real.add(exponent, lowered));
  }

  /** {@code log(1 + r) - r + r*r/2}. */
  private Operand logTail(Operand r, Operand square) {
    Operand p = real.polynomial(r, SinglePolynomial.LOG.coefficients());
    return real.mul(real.mul(p, r), square);
  }

  private Operand log(Operand x) {
    Split split = split(x);
    Operand r = split.fraction;
    Operand square = real.mul(r, r);
    Operand tail = real.fma(split.exponent, LN2_LOW, logTail(r, square));
    Operand sum = real.add(r, real.fma(square, -0.5, tail));
    return logSpecials(x, real.fma(split.exponent, LN2_HIGH, sum));
  }

  private Operand log2(Operand x) {
    Split split = split(x);
    Operand r = split.fraction;
    Operand square = real.mul(r, r);
    Operand tail = real.fma(square, -0.5, logTail(r, square));
    // log2(e) = 1 + a fraction, so that the large part is added last and unscaled.
    Operand sum = real.mul(tail, LOG2_E - 1);
    sum = real.fma(r, LOG2_E - 1, sum);
    sum = real.add(real.add(sum, tail), r);
    return logSpecials(x, real.add(sum, split.exponent));
  }

  /** log of 0, of negative numbers, of infinity and of NaN: what {@code lg2.approx} gives. */
  private Operand logSpecials(Operand x, Operand log) {
    // Positive and finite: one unsigned comparison of the bits less one.
    Operand usual = code.pred("setp.lt.u32", code.b32("sub.s32", x, i(1)), i(0x7f800000 - 1));
    return code.select(usual, log, code.b32("lg2.approx.f32", x));
  }

  private Operand sinOrCos(Operand x, int quarters) {
    TrigonometricReduction.Reduced reduced = reduction.reduce(x);
    Operand r = reduced.rest();
    Operand quadrant =
        quarters == 0 ? reduced.quadrant() : code.b32("add.s32", reduced.quadrant(), i(quarters));
    Operand square = real.mul(r, r);
    Operand odd = code.pred("setp.ne.s32", code.b32("and.b32", quadrant, i(1)), i(0));
    Operand magnitude = code.select(odd, cosNearZero(square), sinNearZero(r, square));
    Operand sign = code.b32("shl.b32", code.b32("and.b32", quadrant, i(2)), i(30));
    return code.b32("xor.b32", magnitude, sign);
  }

  private Operand sinNearZero(Operand r, Operand square) {
    Operand p = real.polynomial(square, SinglePolynomial.SIN.coefficients());
    return real.copySign(real.fma(real.mul(p, square), r, r), r); // the sum of zeros may be +0
  }

  private Operand cosNearZero(Operand square) {
    Operand p = real.polynomial(square, SinglePolynomial.COS.coefficients());
    return real.fma(real.fma(p, square, f(-0.5)), square, f(1));
  }

  /** Far from 0 {@code 1 - 2 / (exp(2 |x|) + 1)}, where the error of the quotient counts little. */
  private Operand tanh(Operand x) {
    Operand magnitude = real.abs(x);
    Operand square = real.mul(x, x);
    Operand p = real.polynomial(square, SinglePolynomial.TANH.coefficients());
    Operand nearZero = real.mul(real.fma(p, square, f(1)), x); // keeps the sign of 0
    Operand exponential = exp2(real.mul(magnitude, 2 * LOG2_E));
    Operand inverse = code.b32("rcp.approx.f32", real.add(exponential, f(1)));
    Operand far = real.copySign(real.fma(inverse, -2, 1), x);
    return code.select(real.is(magnitude, "lt", TANH_SERIES_END), nearZero, far);
  }

  /** Far from 0 {@code 1 - exp(-t + t q(t))}. */
  private Operand erf(Operand x) {
    Operand magnitude = real.abs(x);
    Operand square = real.mul(x, x);
    Operand nearZero = real.fma(real.polynomial(square, SinglePolynomial.ERF.coefficients()), x, x);
    // The polynomial turns upwards far out; NaN must not become a number.
    Operand t = code.b32("min.NaN.f32", magnitude, f(ERF_IS_ONE));
    Operand q = real.polynomial(t, SinglePolynomial.ERF_TAIL.coefficients());
    Operand exponent = real.fma(q, t, code.b32("neg.f32", t));
    Operand far = real.sub(f(1), exp2(real.mul(exponent, LOG2_E)));
    Operand isNear = real.is(magnitude, "le", ERF_SERIES_END);
    return code.select(isNear, nearZero, real.copySign(far, x));
  }
}
