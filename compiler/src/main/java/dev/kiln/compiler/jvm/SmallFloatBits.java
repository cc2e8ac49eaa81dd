package dev.kiln.compiler.jvm;

import static dev.kiln.compiler.ir.CompareKind.EQ;
import static dev.kiln.compiler.ir.CompareKind.GE;
import static dev.kiln.compiler.ir.CompareKind.GT;
import static dev.kiln.compiler.ir.CompareKind.LT;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Value;

/**
 * Conversions between {@code fp32} and the bits of narrower floats as integer operations, for
 * vectors; they mean what {@link dev.kiln.compiler.numeric.FloatFormat} says.
 */
final class SmallFloatBits {
  private static final int FP32_MANTISSA = 23;
  private static final int FP32_BIAS = 127;
  private static final int FP32_INFINITY = 0x7f800000;
  private static final int FP32_NAN = 0x7fc00000;
  private static final int MAGNITUDE = 0x7fffffff;

  private final OpSequence seq;
  private final DType dtype;
  private final int bits;
  private final int mantissa;
  private final int bias;

  SmallFloatBits(OpSequence seq, DType dtype) {
    this.seq = seq;
    this.dtype = dtype;
    this.bits = dtype.bits();
    this.mantissa =
        switch (dtype) {
          case FP16 -> 10;
          case BF16 -> 7;
          case FP8E5, FP8E5B16 -> 2;
          default -> 3;
        };
    this.bias =
        switch (dtype) {
          case BF16 -> 127;
          case FP8E4NV -> 7;
          case FP8E4B8 -> 8;
          case FP8E5B16 -> 16;
          default -> 15;
        };
  }

  private boolean isIeee() {
    return dtype == DType.FP16 || dtype == DType.BF16 || dtype == DType.FP8E5;
  }

  private boolean hasOneZero() {
    return dtype == DType.FP8E4B8 || dtype == DType.FP8E5B16;
  }

  private int sign() {
    return 1 << (bits - 1);
  }

  private int infinity() {
    return sign() - (1 << mantissa);
  }

  private int largest() {
    return switch (dtype) {
      case FP8E4NV -> sign() - 2;
      case FP8E4B15, FP8E4B8, FP8E5B16 -> sign() - 1;
      default -> infinity() - 1;
    };
  }

  private Value i(int number) {
    return seq.i(number);
  }

  /** The {@code fp32} that bits in an {@code i32} stand for; bits above the type's are ignored. */
  Value decode(Value code) {
    if (dtype == DType.BF16) {
      return seq.fromBits(seq.shl(code, 16));
    }
    Value sign = seq.shl(seq.and(code, i(sign())), 32 - bits);
    Value magnitude = seq.and(code, i(sign() - 1));
    Value placed = seq.shl(magnitude, FP32_MANTISSA - mantissa);
    // Read as an fp32 the exponent is too small by the difference of the biases, which a product
    // repairs, for subnormals too.
    Value scale = seq.f(Math.scalb(1.0, FP32_BIAS - bias));
    Value number = seq.bits(seq.mul(seq.fromBits(placed), scale));
    if (isIeee()) {
      Value special = seq.or(placed, i(FP32_INFINITY));
      number = seq.select(seq.compare(GE, magnitude, i(infinity())), special, number);
    } else if (dtype == DType.FP8E4NV) {
      number = seq.select(seq.compare(GT, magnitude, i(largest())), i(FP32_NAN), number);
    } else if (hasOneZero()) {
      Value isNan = seq.compare(EQ, seq.and(code, i(2 * sign() - 1)), i(sign()));
      number = seq.select(isNan, i(FP32_NAN), number);
    }
    return seq.fromBits(seq.or(number, sign));
  }

  /** Bits of the nearest number to an {@code fp32}, ties to even, in the low bits of an i32. */
  Value encode(Value x) {
    Value u = seq.bits(x);
    Value magnitude = seq.and(u, i(MAGNITUDE));
    Value isNan = seq.compare(GT, magnitude, i(FP32_INFINITY));
    if (dtype == DType.BF16) {
      Value rounded = seq.shru(roundedAt(u, 16), 16);
      return seq.select(isNan, seq.or(seq.shru(u, 16), i(0x40)), rounded);
    }
    Value sign = seq.and(seq.shru(u, 32 - bits), i(sign()));
    Value code = encodeMagnitude(magnitude);
    Value beyond = seq.compare(GT, code, i(largest()));
    if (isIeee()) {
      code = seq.select(beyond, i(infinity()), code);
      Value payload = seq.shru(seq.and(magnitude, i(0x7fffff)), FP32_MANTISSA - mantissa);
      Value nan = seq.or(payload, i(infinity() | 1 << (mantissa - 1)));
      return seq.or(seq.select(isNan, nan, code), sign);
    }
    if (hasOneZero()) {
      Value signed = seq.select(seq.compare(EQ, code, i(0)), code, seq.or(code, sign));
      return seq.select(beyond, i(sign()), seq.select(isNan, i(sign()), signed));
    }
    Value saturated = seq.or(seq.select(beyond, i(largest()), code), sign);
    Value nan = dtype == DType.FP8E4NV ? seq.or(i(sign() - 1), sign) : i(largest());
    return seq.select(isNan, nan, saturated);
  }

  /** The code as if the exponent had no upper bound. */
  private Value encodeMagnitude(Value magnitude) {
    int shift = FP32_MANTISSA - mantissa;
    Value normal =
        seq.sub(seq.shru(roundedAt(magnitude, shift), shift), i((FP32_BIAS - bias) << mantissa));
    // The sum's last bit is worth the type's smallest number, so that the sum rounds to it.
    float anchor = Math.scalb(1f, 1 - bias - mantissa + FP32_MANTISSA);
    Value sum = seq.add(seq.fromBits(magnitude), seq.f(anchor));
    Value subnormal = seq.sub(seq.bits(sum), i(Float.floatToRawIntBits(anchor)));
    int smallestNormal = (FP32_BIAS - bias + 1) << FP32_MANTISSA;
    return seq.select(seq.compare(LT, magnitude, i(smallestNormal)), subnormal, normal);
  }

  /** Adds what makes cutting off the low bits round to nearest even. */
  private Value roundedAt(Value u, int shift) {
    Value odd = seq.and(seq.shru(u, shift), i(1));
    return seq.add(seq.add(u, i((1 << (shift - 1)) - 1)), odd);
  }

  /** The {@code fp32} rounded to the type, as an {@code fp32}. */
  Value round(Value x) {
    return switch (dtype) {
      case BF16 -> {
        Value u = seq.bits(x);
        Value isNan = seq.compare(dev.kiln.compiler.ir.CompareKind.NE, x, x);
        Value rounded = seq.and(roundedAt(u, 16), i(0xffff0000));
        yield seq.fromBits(seq.select(isNan, seq.or(u, i(0x400000)), rounded));
      }
      case FP16 -> roundToFp16(x);
      default -> decode(encode(x));
    };
  }

  private Value roundToFp16(Value x) {
    Value u = seq.bits(x);
    Value sign = seq.and(u, i(Integer.MIN_VALUE));
    Value magnitude = seq.and(u, i(MAGNITUDE));
    Value normal = seq.and(roundedAt(magnitude, 13), i(-1 << 13));
    Value anchor = seq.f(0.5);
    Value subnormal = seq.bits(seq.sub(seq.add(seq.fromBits(magnitude), anchor), anchor));
    Value isSubnormal = seq.compare(LT, magnitude, i(Float.floatToRawIntBits(0x1p-14f)));
    Value rounded = seq.select(isSubnormal, subnormal, normal);
    Value isBeyond = seq.compare(GE, magnitude, i(Float.floatToRawIntBits(65520f)));
    rounded = seq.select(isBeyond, i(FP32_INFINITY), rounded);
    Value isNan = seq.compare(GT, magnitude, i(FP32_INFINITY));
    return seq.fromBits(seq.or(seq.select(isNan, seq.or(magnitude, i(0x400000)), rounded), sign));
  }
}
