package dev.kiln.compiler.jvm;

import static dev.kiln.compiler.ir.CompareKind.GT;
import static dev.kiln.compiler.ir.CompareKind.LE;
import static dev.kiln.compiler.ir.CompareKind.LT;
import static dev.kiln.compiler.ir.CompareKind.NE;

import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.jvm.support.FloatOps;
import dev.kiln.compiler.numeric.SinglePolynomial;
import java.util.ArrayList;
import java.util.List;

/**
 * Rewrites transcendental functions of {@code fp32} into elementwise operations that are exact or
 * rounded once, so that scalar code and vectors of every width give the same bits, before and after
 * the JIT has compiled them. (The Vector API's own functions do not.)
 *
 * <p>{@link SinglePolynomial} names the polynomials' sources; {@code docs/cpu-emission.md} states
 * the measured errors. Functions of {@code fp64} stay: they are calls for each element.
 */
final class MathExpansion {
  private static final double LOG2_E = 1.4426950408889634;

  /**
   * ln 2 in two parts; the upper one has few bits, so that its product with an exponent is exact.
   */
  private static final double LN2_HIGH = 0.693359375;

  private static final double LN2_LOW = -2.12194440e-4;

  /** Adding and subtracting it rounds to an integer, which then stands in the low bits. */
  private static final double ROUNDING = 0x1.8p23;

  /** The same, with twice the exponent bias in the integer: half of it is a biased exponent. */
  private static final double ROUNDING_BIASED = ROUNDING + 2 * 127;

  private static final int ROUNDING_BITS = 0x4b400000;

  /** exp is 0 below and infinite above. */
  private static final double EXP_LOWEST = -104;

  private static final double EXP_HIGHEST = 89;
  private static final double EXP2_LOWEST = -151;
  private static final double EXP2_HIGHEST = 129;

  /** Bits of the square root of one half: a fraction's exponent is chosen around it. */
  private static final int SQRT_HALF_BITS = 0x3f3504f3;

  private static final int MANTISSA_BITS = 23;
  private static final double SMALLEST_NORMAL = 0x1p-126;

  /** Up to here three parts of pi/2 reduce an argument; beyond, each element is a call. */
  private static final float LARGEST_REDUCED = FloatOps.LARGEST_REDUCED;

  private static final double[] HALF_PI = halfPi();

  private static final double TANH_SERIES_END = 0.625;
  private static final double TANH_IS_ONE = 10;
  private static final double ERF_NEAR_END = 1.15;
  private static final double ERF_IS_ONE = 4;

  private final Definitions definitions;
  private final List<Op> out = new ArrayList<>();
  private OpSequence seq;

  private MathExpansion(Definitions definitions) {
    this.definitions = definitions;
  }

  /** pi/2 as the sum of three floats: high, middle and low bits. */
  private static double[] halfPi() {
    double high = (float) (Math.PI / 2);
    double middle = (float) (Math.PI / 2 - high);
    // pi/2 beyond a double's bits.
    double low = (Math.PI / 2 - high - middle) + 6.123233995736766e-17;
    return new double[] {high, middle, (float) low};
  }

  static List<Op> expandOps(List<Op> ops, Definitions definitions) {
    if (ops.stream().noneMatch(MathExpansion::applies)) {
      return ops;
    }
    var expansion = new MathExpansion(definitions);
    for (Op op : ops) {
      if (applies(op)) {
        expansion.expand((ElementwiseOp.Unary) op);
      } else {
        expansion.out.add(op);
      }
    }
    return expansion.out;
  }

  static boolean applies(Op op) {
    return op instanceof ElementwiseOp.Unary u
        && u.kind().isApproximate()
        && (u.operand().dtype() == DType.FP32 || u.kind() == UnaryKind.RSQRT);
  }

  private void expand(ElementwiseOp.Unary op) {
    seq = new OpSequence(definitions, op.loc());
    Value x = op.operand();
    Value result =
        switch (op.kind()) {
          case RSQRT -> seq.div(seq.constant(x.dtype(), 1.0), seq.unary(UnaryKind.SQRT, x));
          case EXP -> exp(x);
          case EXP2 -> exp2(x);
          case LOG -> log(x);
          case LOG2 -> log2(x);
          case SIN, COS -> sinOrCos(op);
          case TANH -> tanh(x);
          case ERF -> erf(x);
          case NEG, ABS, NOT, CLZ, POPC, BREV, FLOOR, CEIL, TRUNC, RINT, SQRT ->
              throw new IllegalStateException(op.mnemonic());
        };
    // Not an alias: other methods may already have been given the result under its own name.
    seq.define(op.result(), result);
    out.addAll(seq.ops());
  }

  private Value f(double number) {
    return seq.f(number);
  }

  /** Into a range; NaN stays. */
  private Value clamp(Value x, double low, double high) {
    Value atLeast = seq.select(seq.compare(LT, x, f(low)), f(low), x);
    return seq.select(seq.compare(GT, atLeast, f(high)), f(high), atLeast);
  }

  /** {@code x * factor + }{@link #ROUNDING}: the nearest integer in the low bits. */
  private Value rounded(Value x, double factor) {
    return seq.fma(x, f(factor), f(ROUNDING));
  }

  private Value integerOf(Value rounded) {
    return seq.sub(seq.bits(rounded), seq.i(ROUNDING_BITS));
  }

  private Value exp(Value x) {
    Value clamped = clamp(x, EXP_LOWEST, EXP_HIGHEST);
    Value rounded = seq.fma(clamped, f(LOG2_E), f(ROUNDING_BIASED));
    Value n = seq.sub(rounded, f(ROUNDING_BIASED));
    Value r = seq.fma(n, f(-LN2_HIGH), clamped);
    return scale(expNearZero(seq.fma(n, f(-LN2_LOW), r)), rounded);
  }

  private Value exp2(Value x) {
    Value clamped = clamp(x, EXP2_LOWEST, EXP2_HIGHEST);
    Value rounded = seq.add(clamped, f(ROUNDING_BIASED));
    Value r = seq.sub(clamped, seq.sub(rounded, f(ROUNDING_BIASED)));
    return scale(expNearZero(seq.mul(r, f(Math.log(2)))), rounded);
  }

  /** exp for {@code |r| <= ln(2) / 2}. */
  private Value expNearZero(Value r) {
    Value p = seq.polynomial(r, SinglePolynomial.EXP.coefficients());
    return seq.add(seq.fma(p, seq.mul(r, r), r), f(1));
  }

  /**
   * {@code value * 2^n} in two steps, so that only the last one rounds.
   *
   * @param rounded n, to which {@link #ROUNDING_BIASED} has been added
   */
  private Value scale(Value value, Value rounded) {
    Value bits = seq.bits(rounded);
    Value half = seq.shru(bits, 1);
    return seq.mul(seq.mul(value, power(half)), power(seq.sub(bits, half)));
  }

  /** The float whose biased exponent stands in the low nine bits. */
  private Value power(Value biased) {
    return seq.fromBits(seq.shl(biased, MANTISSA_BITS));
  }

  /** A positive number as {@code (1 + fraction) * 2^exponent}, the fraction near 0. */
  private record Split(Value fraction, Value exponent) {}

  private Split split(Value x) {
    Value subnormal = seq.compare(LT, x, f(SMALLEST_NORMAL));
    Value scaled = seq.select(subnormal, seq.mul(x, f(0x1p23)), x);
    Value bits = seq.sub(seq.bits(scaled), seq.i(SQRT_HALF_BITS));
    Value exponent = seq.cast(CastKind.SITOFP, DType.FP32, seq.shrs(bits, MANTISSA_BITS));
    Value mantissa = seq.and(bits, seq.i((1 << MANTISSA_BITS) - 1));
    Value number = seq.fromBits(seq.add(mantissa, seq.i(SQRT_HALF_BITS)));
    return new Split(
        seq.sub(number, f(1)),
        seq.select(subnormal, seq.sub(exponent, f(MANTISSA_BITS)), exponent));
  }

  /** {@code log(1 + r) - r + r*r/2}. */
  private Value logTail(Value r, Value square) {
    Value p = seq.polynomial(r, SinglePolynomial.LOG.coefficients());
    return seq.mul(seq.mul(p, r), square);
  }

  private Value log(Value x) {
    Split split = split(x);
    Value r = split.fraction;
    Value square = seq.mul(r, r);
    Value tail = seq.fma(split.exponent, f(LN2_LOW), logTail(r, square));
    Value sum = seq.add(r, seq.fma(square, f(-0.5), tail));
    return logSpecials(x, seq.fma(split.exponent, f(LN2_HIGH), sum));
  }

  private Value log2(Value x) {
    Split split = split(x);
    Value r = split.fraction;
    Value square = seq.mul(r, r);
    Value tail = seq.fma(square, f(-0.5), logTail(r, square));
    // log2(e) = 1 + a fraction, so that the large part is added last and unscaled.
    Value sum = seq.mul(tail, f(LOG2_E - 1));
    sum = seq.fma(r, f(LOG2_E - 1), sum);
    sum = seq.add(seq.add(sum, tail), r);
    return logSpecials(x, seq.add(sum, split.exponent));
  }

  /** log of 0, of negative numbers, of infinity and of NaN. */
  private Value logSpecials(Value x, Value log) {
    Value finite = seq.select(seq.compare(LT, x, f(Double.POSITIVE_INFINITY)), log, x);
    Value positive = seq.compare(GT, x, f(0));
    Value isZero = seq.compare(dev.kiln.compiler.ir.CompareKind.EQ, x, f(0));
    Value special = seq.select(isZero, f(Double.NEGATIVE_INFINITY), f(Double.NaN));
    return seq.select(positive, finite, special);
  }

  private Value sinOrCos(ElementwiseOp.Unary op) {
    Value x = op.operand();
    Value rounded = rounded(x, 2 / Math.PI);
    Value n = seq.sub(rounded, f(ROUNDING));
    Value r = seq.fma(n, f(-HALF_PI[0]), x);
    r = seq.fma(n, f(-HALF_PI[1]), r);
    r = seq.fma(n, f(-HALF_PI[2]), r);
    Value quadrant = integerOf(rounded);
    if (op.kind() == UnaryKind.COS) {
      quadrant = seq.add(quadrant, seq.i(1));
    }
    Value square = seq.mul(r, r);
    Value odd = seq.compare(NE, seq.and(quadrant, seq.i(1)), seq.i(0));
    Value magnitude = seq.select(odd, cosNearZero(square), sinNearZero(r, square));
    Value sign = seq.shl(seq.and(quadrant, seq.i(2)), 30);
    Value reduced =
        seq.fromBits(seq.binary(dev.kiln.compiler.ir.BinaryKind.XOR, seq.bits(magnitude), sign));
    Value isReduced = seq.compare(LE, seq.abs(x), f(LARGEST_REDUCED));
    return seq.select(isReduced, reduced, seq.unary(op.kind(), x));
  }

  private Value sinNearZero(Value r, Value square) {
    Value p = seq.polynomial(square, SinglePolynomial.SIN.coefficients());
    return seq.fma(seq.mul(p, square), r, r);
  }

  private Value cosNearZero(Value square) {
    Value p = seq.polynomial(square, SinglePolynomial.COS.coefficients());
    return seq.fma(seq.fma(p, square, f(-0.5)), square, f(1));
  }

  private Value tanh(Value x) {
    Value magnitude = seq.abs(x);
    Value square = seq.mul(x, x);
    Value p = seq.polynomial(square, SinglePolynomial.TANH.coefficients());
    Value nearZero = seq.fma(seq.mul(p, square), x, x);
    Value capped =
        seq.select(seq.compare(GT, magnitude, f(TANH_IS_ONE)), f(TANH_IS_ONE), magnitude);
    Value exponential = exp(seq.add(capped, capped));
    Value quotient = seq.div(f(2), seq.add(exponential, f(1)));
    Value far = seq.copySign(seq.sub(f(1), quotient), x);
    return seq.select(seq.compare(LT, magnitude, f(TANH_SERIES_END)), nearZero, far);
  }

  /** Far from 0 {@code 1 - p(|x|)^4}. */
  private Value erf(Value x) {
    Value magnitude = seq.abs(x);
    Value square = seq.mul(x, x);
    Value p = seq.polynomial(square, SinglePolynomial.ERF_NEAR.coefficients());
    Value nearZero = seq.fma(p, x, x);
    Value t = seq.select(seq.compare(GT, magnitude, f(ERF_IS_ONE)), f(ERF_IS_ONE), magnitude);
    Value root = seq.polynomial(t, SinglePolynomial.ERF_ROOT.coefficients());
    Value rootSquare = seq.mul(root, root);
    Value far = seq.copySign(seq.sub(f(1), seq.mul(rootSquare, rootSquare)), x);
    return seq.select(seq.compare(LE, magnitude, f(ERF_NEAR_END)), nearZero, far);
  }
}
