package dev.kiln.compiler.gpu.math;

import static dev.kiln.compiler.gpu.math.Code.d;
import static dev.kiln.compiler.gpu.math.Code.i;
import static dev.kiln.compiler.gpu.math.Code.l;

import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.ptx.Operand;

/**
 * The approximate functions of fp64, right to less than one unit in the last place (two for {@code
 * log2}). {@code exp}, {@code log}, {@code tanh} and the polynomials of the others are those of
 * fdlibm (Sun Microsystems, 1993), operation for operation, without its branches: where those are
 * StrictMath's too, so are the bits. {@code exp2} and {@code log2} are made of them as the
 * evaluator's are.
 */
final class WideFunctions {
  private static final double LN2 = Math.log(2);

  private final Code code;
  private final Reals real;
  private final WideExponentials exponentials;
  private final WideReduction reduction;

  WideFunctions(Code code) {
    this.code = code;
    this.real = Reals.doubles(code);
    this.exponentials = new WideExponentials(code);
    this.reduction = new WideReduction(code);
  }

  Operand apply(UnaryKind kind, Operand x) {
    return switch (kind) {
      case RSQRT -> real.div(d(1), code.b64("sqrt.rn.f64", x));
      case EXP -> exponentials.exp(x);
      case EXP2 -> exponentials.exp2(x);
      case LOG -> log(x);
      case LOG2 -> log2(x);
      case SIN -> sinOrCos(x, 0);
      case COS -> sinOrCos(x, 1);
      case TANH -> exponentials.tanh(x);
      case ERF -> erf(x);
      case NEG, ABS, NOT, CLZ, POPC, BREV, FLOOR, CEIL, TRUNC, RINT, SQRT ->
          throw new IllegalArgumentException(kind.mnemonic() + " is not approximate");
    };
  }

  /** A positive number as {@code (1 + fraction) * 2^exponent}. */
  private record Split(Operand fraction, Operand exponent, Operand upper) {}

  /**
   * With {@code 1 + fraction} between two thresholds a factor 2 apart.
   *
   * @param upperLimit where the upper 32 bits of the larger one start, without the exponent
   */
  private Split split(Operand x, int upperLimit) {
    Operand isSubnormal = real.is(x, "lt", 0x1p-1022);
    Operand normal = code.select(isSubnormal, real.mul(x, 0x1p54), x);
    Operand bits = code.b32("cvt.u32.u64", code.b64("shr.u64", normal, i(32)));
    Operand upper = code.b32("and.b32", bits, i(0xfffff));
    Operand above =
        code.b32("and.b32", code.b32("add.s32", upper, i(0x100000 - upperLimit)), i(0x100000));
    Operand exponent = code.b32("sub.s32", code.b32("shr.s32", bits, i(20)), i(1023));
    exponent = code.b32("add.s32", exponent, code.b32("shr.u32", above, i(20)));
    exponent = code.b32("add.s32", exponent, code.select(isSubnormal, i(-54), i(0)));
    Operand numberUpper = code.b32("or.b32", upper, code.b32("xor.b32", above, i(0x3ff00000)));
    Operand lower = code.b32("cvt.u32.u64", normal);
    Operand number = code.b64("mov.b64", Operand.Vector.of(lower, numberUpper));
    return new Split(real.sub(number, d(1)), code.b64("cvt.rn.f64.s32", exponent), upper);
  }

  private Operand log(Operand x) {
    return logSpecials(x, logOf(split(x, 0x100000 - 0x95f64)));
  }

  /** fdlibm's e_log.c. */
  private Operand logOf(Split split) {
    Operand f = split.fraction;
    Operand low = real.mul(split.exponent, 1.90821492927058770002e-10);
    Operand s = real.div(f, real.add(d(2), f));
    Operand z = real.mul(s, s);
    Operand w = real.mul(z, z);
    Operand t1 =
        real.mul(
            w,
            real.horner(
                w, 1.531383769920937332e-01, 2.222219843214978396e-01, 3.999999999940941908e-01));
    Operand t2 =
        real.mul(
            z,
            real.horner(
                w,
                1.479819860511658591e-01,
                1.818357216161805012e-01,
                2.857142874366239149e-01,
                6.666666666666735130e-01));
    Operand r = real.add(t2, t1);
    Operand half = real.mul(real.mul(d(0.5), f), f);
    Operand usesHalf =
        code.pred(
            "setp.gt.s32",
            code.b32(
                "or.b32",
                code.b32("sub.s32", split.upper, i(0x6147a)),
                code.b32("sub.s32", i(0x6b851), split.upper)),
            i(0));
    Operand inner = real.sub(half, real.add(real.mul(s, real.add(half, r)), low));
    Operand direct = real.sub(real.mul(s, real.sub(f, r)), low);
    Operand tiny = tiny(f, low);
    Operand isTiny =
        code.pred(
            "setp.lt.s32",
            code.b32("and.b32", code.b32("add.s32", split.upper, i(2)), i(0xfffff)),
            i(3));
    Operand rest = code.select(isTiny, tiny, code.select(usesHalf, inner, direct));
    Operand high = real.mul(split.exponent, 6.93147180369123816490e-01);
    return real.sub(high, real.sub(rest, f));
  }

  private Operand tiny(Operand f, Operand low) {
    Operand series = real.sub(d(0.5), real.mul(f, 0.33333333333333333));
    return real.sub(real.mul(real.mul(f, f), series), low);
  }

  private Operand log2(Operand x) {
    Split split = split(x, 0x100000 - 0x95f64);
    Operand fraction = logOf(new Split(split.fraction, d(0), split.upper));
    return logSpecials(x, real.add(split.exponent, real.div(fraction, d(LN2))));
  }

  private Operand logSpecials(Operand x, Operand log) {
    Operand usual =
        code.pred(
            "setp.lt.u64",
            code.b64("sub.s64", x, l(1)),
            l(Double.doubleToRawLongBits(Double.POSITIVE_INFINITY) - 1));
    Operand isZero = real.is(x, "eq", 0);
    Operand isInfinite = real.is(x, "eq", Double.POSITIVE_INFINITY);
    Operand special =
        code.select(
            isZero,
            d(Double.NEGATIVE_INFINITY),
            code.select(isInfinite, d(Double.POSITIVE_INFINITY), d(Double.NaN)));
    return code.select(usual, log, special);
  }

  private Operand sinOrCos(Operand x, int quarters) {
    WideReduction.Reduced reduced = reduction.reduce(x);
    Operand quadrant =
        quarters == 0 ? reduced.quadrant() : code.b32("add.s32", reduced.quadrant(), i(quarters));
    Operand odd = code.pred("setp.ne.s32", code.b32("and.b32", quadrant, i(1)), i(0));
    Operand z = real.mul(reduced.rest(), reduced.rest());
    Operand size =
        code.select(
            odd,
            cosNearZero(reduced.rest(), reduced.tail(), z),
            sinNearZero(reduced.rest(), reduced.tail(), z));
    Operand sign = code.b32("shl.b32", code.b32("and.b32", quadrant, i(2)), i(30));
    return code.b64("xor.b64", size, code.b64("mov.b64", Operand.Vector.of(i(0), sign)));
  }

  /** fdlibm's k_sin.c. */
  private Operand sinNearZero(Operand x, Operand tail, Operand z) {
    Operand v = real.mul(z, x);
    Operand r =
        real.horner(
            z,
            1.58969099521155010221e-10,
            -2.50507602534068634195e-08,
            2.75573137070700676789e-06,
            -1.98412698298579493134e-04,
            8.33333333332248946124e-03);
    Operand inner = real.sub(real.mul(d(0.5), tail), real.mul(v, r));
    Operand corrected = real.sub(real.mul(z, inner), tail);
    return real.sub(x, real.sub(corrected, real.mul(v, -1.66666666666666324348e-01)));
  }

  /** fdlibm's k_cos.c. */
  private Operand cosNearZero(Operand x, Operand tail, Operand z) {
    Operand r =
        real.mul(
            z,
            real.horner(
                z,
                -1.13596475577881948265e-11,
                2.08757232129817482790e-09,
                -2.75573143513906633035e-07,
                2.48015872894767294178e-05,
                -1.38888888888741095749e-03,
                4.16666666666666019037e-02));
    Operand upper =
        code.b32("and.b32", code.b32("cvt.u32.u64", code.b64("shr.u64", x, i(32))), i(0x7fffffff));
    // About a quarter of x, so that one minus it is exact.
    Operand quarter =
        code.b64("mov.b64", Operand.Vector.of(i(0), code.b32("sub.s32", upper, i(0x00200000))));
    Operand part = code.select(code.pred("setp.gt.s32", upper, i(0x3fe90000)), d(0.28125), quarter);
    part = code.select(code.pred("setp.lt.s32", upper, i(0x3fd33333)), d(0), part);
    Operand half = real.sub(real.mul(d(0.5), z), part);
    Operand correction = real.sub(real.mul(z, r), real.mul(x, tail));
    return real.sub(real.sub(d(1), part), real.sub(half, correction));
  }

  /** fdlibm's s_erf.c; its last two pieces with one exponential. */
  private Operand erf(Operand x) {
    return new WideErf(code, exponentials).erf(x);
  }
}
