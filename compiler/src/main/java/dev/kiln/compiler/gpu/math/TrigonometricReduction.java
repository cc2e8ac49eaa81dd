package dev.kiln.compiler.gpu.math;

import static dev.kiln.compiler.gpu.math.Code.d;
import static dev.kiln.compiler.gpu.math.Code.f;
import static dev.kiln.compiler.gpu.math.Code.i;
import static dev.kiln.compiler.gpu.math.Code.l;

import dev.kiln.compiler.ptx.Operand;
import java.util.ArrayList;
import java.util.List;

/**
 * Angles of fp32 modulo pi/2. Up to 100,000 by subtracting a multiple of pi/2 in three parts, with
 * multiply-adds (Cody and Waite). Beyond, in a branch that a warp takes if one of its threads needs
 * it, by the 96 bits of 2/pi that matter for the angle's exponent ({@link TwoOverPi}): the
 * product's upper 64 bits are the quadrant and 62 bits behind it, so that even the angle nearest to
 * a multiple of pi/2 keeps more than 24 bits.
 */
final class TrigonometricReduction {
  private static final double LARGEST = 100_000;

  /** Adding it rounds to an integer, which then stands in the low bits. */
  private static final double ROUNDING = 0x1.8p23;

  private static final int ROUNDING_BITS = 0x4b400000;

  private static final double[] HALF_PI = halfPi();

  private final Code code;
  private final Reals real;

  TrigonometricReduction(Code code) {
    this.code = code;
    this.real = Reals.singles(code);
  }

  /**
   * pi/2 as the sum of three floats: high, middle and low bits. None is negative, so that an angle
   * of -0 stays one.
   */
  private static double[] halfPi() {
    double high = Float.intBitsToFloat(0x3fc90fda);
    double rest = Math.PI / 2 - high;
    double middle = Math.nextDown((float) rest);
    // pi/2 beyond a double's bits.
    return new double[] {high, middle, rest - middle + 6.123233995736766e-17};
  }

  /**
   * An angle less {@code quadrant * pi/2}.
   *
   * @param rest between -pi/4 and pi/4, or a little beyond; NaN for infinite angles
   * @param quadrant of which the two lowest bits count
   */
  record Reduced(Operand rest, Operand quadrant) {}

  Reduced reduce(Operand x) {
    Operand rounded = real.fma(x, 2 / Math.PI, ROUNDING);
    Operand n = real.sub(rounded, f(ROUNDING));
    Operand r = real.fma(n, -HALF_PI[0], x);
    r = real.fma(n, -HALF_PI[1], r);
    Operand rest = real.fma(n, -HALF_PI[2], r);
    Operand quadrant = code.b32("sub.s32", rounded, i(ROUNDING_BITS));
    Operand isLarge = real.is(real.abs(x), "gt", LARGEST);
    List<Operand> results =
        code.ptx()
            .branch(
                code.any(isLarge),
                () -> {
                  Reduced large = reduceLarge(x);
                  return List.of(
                      code.select(isLarge, large.rest, rest),
                      code.select(isLarge, large.quadrant, quadrant));
                },
                () -> List.of(rest, quadrant));
    return new Reduced(results.get(0), results.get(1));
  }

  private Reduced reduceLarge(Operand x) {
    Operand fraction = code.b32("and.b32", x, i(0x7fffff));
    Operand significand = code.b32("or.b32", fraction, i(0x800000));
    Operand biased = code.b32("and.b32", code.b32("shr.u32", x, i(23)), i(0xff));
    // The angle is the significand times 2^(biased - 150). Bits of 2/pi of which the product with
    // that power is a multiple of 4 do not count; 32 bits stand in front of the point.
    Operand first = code.b32("sub.s32", biased, i(150 - 30));
    Operand product = product(significand, first);
    Operand half = code.b64("add.s64", product, l(1L << 61));
    Operand quadrant = code.b32("cvt.u32.u64", code.b64("shr.u64", half, i(62)));
    Operand turned = code.b64("cvt.rn.f64.s64", code.b64("shl.b64", product, i(2)));
    Operand radians = code.b64("mul.rn.f64", turned, d(Math.scalb(Math.PI / 2, -64)));
    Operand rest = code.b32("cvt.rn.f32.f64", radians);
    Operand isNegative = code.pred("setp.lt.s32", x, i(0));
    Operand isFinite = real.is(real.abs(x), "lt", Double.POSITIVE_INFINITY);
    Operand signed = code.select(isNegative, code.b32("neg.f32", rest), rest);
    return new Reduced(
        code.select(isFinite, signed, f(Float.NaN)),
        code.select(isNegative, code.b32("neg.s32", quadrant), quadrant));
  }

  /** The upper 64 of the lower 96 bits of the significand times the window at a bit of 2/pi. */
  private Operand product(Operand significand, Operand firstBit) {
    List<Operand> words = TwoOverPi.words32(code, code.b32("shr.s32", firstBit, i(5)));
    Operand shift = code.b32("and.b32", firstBit, i(31));
    var window = new ArrayList<Operand>();
    for (int k = 0; k < 3; k++) {
      window.add(code.b32("shf.l.wrap.b32", words.get(k + 1), words.get(k), shift));
    }
    Operand upper = code.b32("mul.lo.s32", significand, window.get(0));
    Operand carried = code.b32("mul.hi.u32", significand, window.get(2));
    Operand sum =
        code.b64("mad.wide.u32", significand, window.get(1), code.b64("cvt.u64.u32", carried));
    return code.b64("add.s64", sum, code.b64("shl.b64", code.b64("cvt.u64.u32", upper), i(32)));
  }
}
