package dev.kiln.compiler.gpu.math;

import static dev.kiln.compiler.gpu.math.Code.d;
import static dev.kiln.compiler.gpu.math.Code.i;
import static dev.kiln.compiler.gpu.math.Code.l;

import dev.kiln.compiler.ptx.Operand;
import java.util.List;

/**
 * Angles of fp64 modulo pi/2, in two parts that hold more than 53 bits together. Up to 2^19 by
 * subtracting a multiple of pi/2 in three parts, of which the first has 33 bits, so that its
 * multiples are exact (as in fdlibm's {@code e_rem_pio2.c}); beyond, in a branch that a warp takes
 * if one of its threads needs it, by the bits of 2/pi ({@link TwoOverPi}).
 */
final class WideReduction {
  private static final double LARGEST = 0x1p19;

  /** Adding it rounds to an integer, which then stands in the low bits. */
  private static final double ROUNDING = 0x1.8p52;

  private static final double FIRST = 0x1.921fb544p+0;
  private static final double SECOND = 0x1.0b4611a626331p-34;
  private static final double THIRD = 0x1.1701b839a2520p-88;
  private static final double HALF_PI = Math.PI / 2;
  private static final double HALF_PI_REST = 0x1.1a62633145c07p-54;

  private final Code code;
  private final Reals real;

  WideReduction(Code code) {
    this.code = code;
    this.real = Reals.doubles(code);
  }

  /**
   * An angle less {@code quadrant * pi/2}.
   *
   * @param rest between -pi/4 and pi/4, or a little beyond; NaN for infinite angles
   * @param tail what the rest lacks
   * @param quadrant of which the two lowest bits count
   */
  record Reduced(Operand rest, Operand tail, Operand quadrant) {}

  Reduced reduce(Operand x) {
    Reduced small = reduceSmall(x);
    Operand isLarge = real.is(real.abs(x), "gt", LARGEST);
    List<Operand> results =
        code.ptx()
            .branch(
                code.any(isLarge),
                () -> {
                  Reduced large = reduceLarge(x);
                  return List.of(
                      code.select(isLarge, large.rest, small.rest),
                      code.select(isLarge, large.tail, small.tail),
                      code.select(isLarge, large.quadrant, small.quadrant));
                },
                () -> List.of(small.rest, small.tail, small.quadrant));
    return new Reduced(results.get(0), results.get(1), results.get(2));
  }

  private Reduced reduceSmall(Operand x) {
    Operand rounded = real.fma(x, 2 / Math.PI, ROUNDING);
    Operand n = real.sub(rounded, d(ROUNDING));
    Operand r = real.fma(n, -FIRST, x);
    Operand p = real.mul(n, SECOND);
    Operand rest = real.sub(r, p);
    Operand lost = real.sub(real.sub(r, rest), p);
    Operand error = real.fma(n, d(-SECOND), p);
    Operand tail = real.add(lost, real.fma(n, d(-THIRD), error));
    return new Reduced(rest, tail, code.b32("cvt.u32.u64", rounded));
  }

  private Reduced reduceLarge(Operand x) {
    Operand size = code.b64("and.b64", x, l(Long.MAX_VALUE));
    Operand fraction = code.b64("and.b64", x, l((1L << 52) - 1));
    Operand significand = code.b64("or.b64", fraction, l(1L << 52));
    Operand biased = code.b32("cvt.u32.u64", code.b64("shr.u64", size, i(52)));
    // The angle is the significand times 2^(biased - 1075). Bits of 2/pi of which the product with
    // that power is a multiple of 4 do not count; 64 bits stand in front of the point.
    Operand first = code.b32("sub.s32", biased, i(1075 - 62));
    Product product = product(significand, first);
    Operand half = code.b64("add.s64", product.high, l(1L << 61));
    Operand quadrant = code.b32("cvt.u32.u64", code.b64("shr.u64", half, i(62)));
    Operand isNegative = code.pred("setp.lt.s64", x, l(0));
    Operand sign = code.b64("and.b64", x, l(Long.MIN_VALUE));
    Parts radians = radians(product);
    Operand isFinite = real.is(real.abs(x), "lt", Double.POSITIVE_INFINITY);
    return new Reduced(
        code.select(isFinite, code.b64("xor.b64", radians.rest, sign), d(Double.NaN)),
        code.b64("xor.b64", radians.tail, sign),
        code.select(isNegative, code.b32("neg.s32", quadrant), quadrant));
  }

  /** 128 bits; the upper two count turns by pi/2, the others parts of one. */
  private record Product(Operand high, Operand low) {}

  private record Parts(Operand rest, Operand tail) {}

  /** The upper 128 of the lower 192 bits of the significand times the window at a bit of 2/pi. */
  private Product product(Operand significand, Operand firstBit) {
    List<Operand> words = TwoOverPi.words64(code, code.b32("shr.u32", firstBit, i(6)));
    Operand shift = code.b32("and.b32", firstBit, i(63));
    Operand upper = window(words, 0, shift);
    Operand middle = window(words, 1, shift);
    Operand lower = window(words, 2, shift);
    Operand carried = code.b64("mul.hi.u64", significand, lower);
    Operand low = code.b64("add.s64", code.b64("mul.lo.s64", significand, middle), carried);
    Operand carry = code.select(code.pred("setp.lt.u64", low, carried), l(1), l(0));
    Operand high =
        code.b64(
            "add.s64",
            code.b64("mul.lo.s64", significand, upper),
            code.b64("add.s64", code.b64("mul.hi.u64", significand, middle), carry));
    return new Product(high, low);
  }

  private Operand window(List<Operand> words, int index, Operand shift) {
    Operand left = code.b64("shl.b64", words.get(index), shift);
    // Amounts of 64 give 0.
    Operand right = code.b64("shr.u64", words.get(index + 1), code.b32("sub.s32", i(64), shift));
    return code.b64("or.b64", left, right);
  }

  /** The part of a turn, between minus one half and one half, times pi/2. */
  private Parts radians(Product product) {
    Operand high =
        code.b64(
            "or.b64",
            code.b64("shl.b64", product.high, i(2)),
            code.b64("shr.u64", product.low, i(62)));
    Operand low = code.b64("shl.b64", product.low, i(2));
    Operand a = code.b64("cvt.rn.f64.s64", high);
    Operand lost =
        code.b64("cvt.rn.f64.s64", code.b64("sub.s64", high, code.b64("cvt.rni.s64.f64", a)));
    Operand b = real.fma(code.b64("cvt.rn.f64.u64", low), d(0x1p-64), lost);
    Operand p = real.mul(a, HALF_PI);
    Operand error = real.fma(a, d(HALF_PI), code.b64("neg.f64", p));
    Operand rest = real.fma(a, d(HALF_PI_REST), real.fma(b, d(HALF_PI), error));
    Operand sum = real.add(p, rest);
    Operand tail = real.add(real.sub(p, sum), rest);
    return new Parts(real.mul(sum, 0x1p-64), real.mul(tail, 0x1p-64));
  }
}
