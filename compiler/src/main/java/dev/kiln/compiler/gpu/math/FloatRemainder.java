package dev.kiln.compiler.gpu.math;

import static dev.kiln.compiler.gpu.math.Code.d;
import static dev.kiln.compiler.gpu.math.Code.i;
import static dev.kiln.compiler.gpu.math.Code.l;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.numeric.FloatFormat;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.Operand.Vector;
import dev.kiln.compiler.ptx.PtxBuilder.LoopHead;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.ArrayList;
import java.util.List;

/**
 * C's {@code fmod}, exact. Computed in fp64 on significands in [1, 2): the left one is multiplied
 * by the quotient of the powers of two in steps of up to 48 bits, and reduced by a multiple of the
 * right one after each. Products and differences are exact in a multiply-add, since what is left
 * stays below 0.7 of the right significand, with no more bits than that has.
 */
final class FloatRemainder {
  private static final int STEP = 48;
  private static final long ONE = 0x3ff0_0000_0000_0000L;
  private static final long FRACTION = 0x000f_ffff_ffff_ffffL;
  private static final long INFINITY = 0x7ff0_0000_0000_0000L;
  private static final long SMALLEST_NORMAL = 0x0010_0000_0000_0000L;
  private static final int BIAS = 1023;
  private static final int SUBNORMAL_SHIFT = 54;
  private static final double LARGEST_EXACT_POWER = 0x1p100;

  private final Code code;
  private final FloatCasts casts;

  FloatRemainder(Code code, FloatCasts casts) {
    this.code = code;
    this.casts = casts;
  }

  Operand apply(DType dtype, Operand a, Operand b) {
    double power = power(dtype, b);
    if (power > 0) {
      return byPower(dtype == DType.FP64 ? Reals.doubles(code) : Reals.singles(code), a, power);
    }
    Operand wide = wide(dtype, casts.toFp64(dtype, a), casts.toFp64(dtype, b));
    if (dtype == DType.FP64 || dtype == DType.FP16) {
      return casts.fromFp64(dtype, wide, true);
    }
    return casts.fromFp32(dtype, code.b32("cvt.rn.f32.f64", wide), true);
  }

  /** A power of two such that quotients by it are exact, if the operand is that number; else 0. */
  private static double power(DType dtype, Operand b) {
    if (!(b instanceof Immediate number) || dtype.bits() < 32) {
      return 0;
    }
    double value = FloatFormat.fromBits(dtype, number.bits());
    boolean isPower = (Double.doubleToRawLongBits(value) & FRACTION) == 0;
    return isPower && value >= 1 && value <= LARGEST_EXACT_POWER ? value : 0;
  }

  private Operand byPower(Reals real, Operand a, double power) {
    Operand whole = real.trunc(real.mul(a, 1 / power));
    return real.copySign(real.fma(whole, -power, a), a); // zeros have the sign of the left operand
  }

  private Operand withSign(Operand size, Operand of) {
    Operand sign = code.b64("and.b64", of, l(Long.MIN_VALUE));
    return code.b64("or.b64", code.b64("and.b64", size, l(Long.MAX_VALUE)), sign);
  }

  /** A positive number's significand in [1, 2) and its biased exponent. */
  private record Split(Operand significand, Operand exponent) {}

  private Split split(DType dtype, Operand size) {
    Operand normal = size;
    Operand isSubnormal = null;
    if (dtype == DType.FP64) {
      isSubnormal = code.pred("setp.lt.s64", size, l(SMALLEST_NORMAL));
      Operand scaled = code.b64("mul.rn.f64", size, d(Math.scalb(1.0, SUBNORMAL_SHIFT)));
      normal = code.select(isSubnormal, scaled, size);
    }
    Operand exponent = code.b32("cvt.u32.u64", code.b64("shr.u64", normal, i(52)));
    if (isSubnormal != null) {
      Operand lower = code.b32("sub.s32", exponent, i(SUBNORMAL_SHIFT));
      exponent = code.select(isSubnormal, lower, exponent);
    }
    Operand significand = code.b64("or.b64", code.b64("and.b64", normal, l(FRACTION)), l(ONE));
    return new Split(significand, exponent);
  }

  private Operand wide(DType dtype, Operand x, Operand y) {
    Operand xSize = code.b64("and.b64", x, l(Long.MAX_VALUE));
    Operand ySize = code.b64("and.b64", y, l(Long.MAX_VALUE));
    Split left = split(dtype, xSize);
    Split right = split(dtype, ySize);
    Operand distance = code.b32("sub.s32", left.exponent, right.exponent);
    Operand rest = reduce(dtype, left.significand, right.significand, distance);
    Operand scaled = scale(dtype, rest, right.exponent);
    Operand isSmaller = code.pred("setp.lt.s64", xSize, ySize);
    Operand number = withSign(code.select(isSmaller, xSize, scaled), x);
    Operand isFinite = code.pred("setp.lt.s64", xSize, l(INFINITY));
    // Neither 0 nor NaN.
    Operand divides = code.pred("setp.lt.u64", code.b64("sub.s64", ySize, l(1)), l(INFINITY));
    return code.select(code.and(isFinite, divides), number, d(Double.NaN));
  }

  /** {@code significand * 2^distance} modulo the divisor, not negative. */
  private Operand reduce(DType dtype, Operand significand, Operand divisor, Operand distance) {
    Operand inverse = code.b64("rcp.rn.f64", divisor);
    Operand negative = code.b64("neg.f64", divisor);
    Operand rest;
    if (isOneStep(dtype)) {
      rest = step(significand, negative, inverse, steps(distance));
    } else {
      rest = reduceInSteps(significand, negative, inverse, distance);
    }
    Operand isNegative = code.pred("setp.lt.f64", rest, d(0));
    return code.select(isNegative, code.b64("add.rn.f64", rest, divisor), rest);
  }

  /** As many steps as some thread of the warp needs. */
  private Operand reduceInSteps(
      Operand significand, Operand negative, Operand inverse, Operand distance) {
    var next = new ArrayList<Operand>();
    return code.ptx()
        .loop(
            List.of(RegisterClass.B64, RegisterClass.B32),
            List.of(significand, distance),
            params -> {
              Operand steps = steps(params.get(1));
              Operand rest = step(params.get(0), negative, inverse, steps);
              Operand left = code.b32("sub.s32", params.get(1), steps);
              next.addAll(List.of(rest, left));
              Operand stay = code.any(code.pred("setp.gt.s32", left, i(0)));
              return new LoopHead(stay, List.of(rest));
            },
            params -> next)
        .getFirst();
  }

  private static boolean isOneStep(DType dtype) {
    return dtype.isFp8() || dtype == DType.FP16;
  }

  private Operand steps(Operand distance) {
    return code.b32("min.s32", code.b32("max.s32", distance, i(0)), i(STEP));
  }

  private Operand step(Operand rest, Operand negativeDivisor, Operand inverse, Operand steps) {
    Operand shifted = code.b64("mul.rn.f64", rest, power(steps));
    Operand quotient = code.b64("cvt.rni.f64.f64", code.b64("mul.rn.f64", shifted, inverse));
    return code.b64("fma.rn.f64", quotient, negativeDivisor, shifted);
  }

  private Operand power(Operand exponent) {
    Operand upper = code.b32("shl.b32", code.b32("add.s32", exponent, i(BIAS)), i(20));
    return code.b64("mov.b64", Vector.of(i(0), upper));
  }

  /** In two steps, so that neither factor leaves the range; exact. */
  private Operand scale(DType dtype, Operand rest, Operand biased) {
    Operand exponent = code.b32("sub.s32", biased, i(BIAS));
    if (dtype != DType.FP64) {
      return code.b64("mul.rn.f64", rest, power(exponent));
    }
    Operand half = code.b32("shr.s32", exponent, i(1));
    Operand first = code.b64("mul.rn.f64", rest, power(half));
    return code.b64("mul.rn.f64", first, power(code.b32("sub.s32", exponent, half)));
  }
}
