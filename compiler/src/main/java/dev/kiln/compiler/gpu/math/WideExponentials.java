package dev.kiln.compiler.gpu.math;

import static dev.kiln.compiler.gpu.math.Code.d;
import static dev.kiln.compiler.gpu.math.Code.i;

import dev.kiln.compiler.ptx.Operand;

/** exp and tanh of fp64, after fdlibm's e_exp.c, s_expm1.c and s_tanh.c. */
final class WideExponentials {
  private static final double LN2_HIGH = 6.93147180369123816490e-01;
  private static final double LN2_LOW = 1.90821492927058770002e-10;
  private static final double INVERSE_LN2 = 1.44269504088896338700e+00;
  private static final double OVERFLOW = 7.09782712893383973096e+02;
  private static final double UNDERFLOW = -7.45133219101941108420e+02;

  /** Upper bits of ln(2) / 2. */
  private static final int HALF_LN2 = 0x3fd62e42;

  private final Code code;
  private final Reals real;

  WideExponentials(Code code) {
    this.code = code;
    this.real = Reals.doubles(code);
  }

  /** {@code x = k ln 2 + high - low}. */
  private record Split(Operand k, Operand high, Operand low) {}

  private Split split(Operand x) {
    Operand half = real.copySign(d(0.5), x);
    Operand scaled = real.add(real.mul(x, INVERSE_LN2), half);
    Operand upper =
        code.b32("and.b32", code.b32("cvt.u32.u64", code.b64("shr.u64", x, i(32))), i(0x7fffffff));
    Operand isBeyond = code.pred("setp.gt.s32", upper, i(HALF_LN2));
    Operand k = code.select(isBeyond, code.b32("cvt.rzi.s32.f64", scaled), i(0));
    Operand t = code.b64("cvt.rn.f64.s32", k);
    return new Split(k, real.sub(x, real.mul(t, LN2_HIGH)), real.mul(t, LN2_LOW));
  }

  Operand exp(Operand x) {
    Split split = split(x);
    Operand number = scale(expOf(split), split.k);
    Operand isTiny = real.is(real.abs(x), "lt", 0x1p-28);
    number = code.select(isTiny, real.add(d(1), x), number);
    return specials(x, number, OVERFLOW, UNDERFLOW);
  }

  Operand exp2(Operand x) {
    Operand whole = code.b64("cvt.rni.f64.f64", x);
    Operand rest = real.mul(real.sub(x, whole), Math.log(2));
    Split split = split(rest);
    Operand small = scaleOnce(expOf(split), split.k);
    Operand isTiny = real.is(real.abs(rest), "lt", 0x1p-28);
    small = code.select(isTiny, real.add(d(1), rest), small);
    Operand number = scale(small, code.b32("cvt.rzi.s32.f64", whole));
    return specials(x, number, 1100, -1100);
  }

  private Operand specials(Operand x, Operand number, double highest, double lowest) {
    Operand atMost = code.select(real.is(x, "gt", highest), d(Double.POSITIVE_INFINITY), number);
    Operand atLeast = code.select(real.is(x, "lt", lowest), d(0), atMost);
    return code.select(code.pred("setp.nan.f64", x, x), x, atLeast);
  }

  /** exp of high - low. */
  private Operand expOf(Split split) {
    Operand x = real.sub(split.high, split.low);
    Operand t = real.mul(x, x);
    Operand p =
        real.mul(
            t,
            real.horner(
                t,
                4.13813679705723846039e-08,
                -1.65339022054652515390e-06,
                6.61375632143793436117e-05,
                -2.77777777770155933842e-03,
                1.66666666666666019037e-01));
    Operand c = real.sub(x, p);
    Operand quotient = real.div(real.mul(x, c), real.sub(d(2), c));
    return real.sub(d(1), real.sub(real.sub(split.low, quotient), split.high));
  }

  /** {@code number * 2^k} for k of which half is an exponent of normal numbers; rounds once. */
  private Operand scale(Operand number, Operand k) {
    Operand half = code.b32("shr.s32", k, i(1));
    return scaleOnce(scaleOnce(number, half), code.b32("sub.s32", k, half));
  }

  private Operand scaleOnce(Operand number, Operand k) {
    return real.mul(number, power(k));
  }

  private Operand power(Operand k) {
    Operand upper = code.b32("shl.b32", code.b32("add.s32", k, i(1023)), i(20));
    return code.b64("mov.b64", Operand.Vector.of(i(0), upper));
  }

  Operand tanh(Operand x) {
    Operand size = real.abs(x);
    Operand isSmall = real.is(size, "lt", 1);
    Operand y = real.mul(size, code.select(isSmall, d(-2), d(2)));
    Operand t = expm1(y);
    Operand quotient =
        real.div(code.select(isSmall, code.b64("neg.f64", t), d(2)), real.add(t, d(2)));
    Operand number = code.select(isSmall, quotient, real.sub(d(1), quotient));
    number = code.select(real.is(size, "ge", 22), d(1), number);
    Operand signed = real.copySign(number, x);
    Operand isTiny = real.is(size, "ltu", 0x1p-55); // and NaN
    return code.select(isTiny, real.mul(x, real.add(d(1), x)), signed);
  }

  /** For arguments between -2 and 0 and from 2 on to where the result is beyond all use. */
  private Operand expm1(Operand y) {
    Split split = split(y);
    Operand k = split.k;
    Operand x = real.sub(split.high, split.low);
    Operand c = real.sub(real.sub(split.high, x), split.low);
    Operand halfX = real.mul(d(0.5), x);
    Operand square = real.mul(x, halfX);
    Operand r1 =
        real.add(
            d(1),
            real.mul(
                square,
                real.horner(
                    square,
                    -2.01099218183624371326e-07,
                    4.00821782732936239552e-06,
                    -7.93650757867487942473e-05,
                    1.58730158725481460165e-03,
                    -3.33333333333331316428e-02)));
    Operand t = real.sub(d(3), real.mul(r1, halfX));
    Operand e = real.mul(square, real.div(real.sub(r1, t), real.sub(d(6), real.mul(x, t))));
    Operand withoutPower = real.sub(x, real.sub(real.mul(x, e), square));
    e = real.sub(real.sub(real.mul(x, real.sub(e, c)), c), square);
    Operand difference = real.sub(e, x);
    Operand power = power(k);
    Operand inverse = power(code.b32("neg.s32", k));
    // Three places for the 1, by how much it counts beside 2^k.
    Operand asWhole = real.sub(real.mul(real.sub(d(1), difference), power), d(1));
    Operand below20 = real.mul(real.sub(real.sub(d(1), inverse), difference), power);
    Operand below57 = real.mul(real.add(real.sub(x, real.add(e, inverse)), d(1)), power);
    Operand isWhole =
        code.pred("setp.gt.u32", code.b32("add.s32", k, i(1)), i(57)); // k < -1 or k > 56
    Operand few = code.pred("setp.lt.s32", k, i(20));
    Operand number = code.select(isWhole, asWhole, code.select(few, below20, below57));
    Operand minusOne = real.sub(real.mul(d(0.5), real.sub(x, e)), d(0.5));
    number = code.select(code.pred("setp.eq.s32", k, i(-1)), minusOne, number);
    number = code.select(code.pred("setp.eq.s32", k, i(0)), withoutPower, number);
    return code.select(real.is(real.abs(y), "lt", 0x1p-54), y, number);
  }
}
