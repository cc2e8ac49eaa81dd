package dev.kiln.runtime.sim.isa.tensor;

import java.math.BigDecimal;
import java.util.SplittableRandom;

/** Elements of matrices as raw bits, and their exact values. */
final class Matrices {
  private Matrices() {}

  static int bits(String type) {
    return switch (type) {
      case "f64" -> 64;
      case "f32", "tf32", "s32" -> 32;
      case "f16", "bf16" -> 16;
      case "s4", "u4" -> 4;
      case "b1" -> 1;
      default -> 8;
    };
  }

  /** The exact value of a finite number. */
  static BigDecimal value(String type, long raw) {
    return switch (type) {
      case "f64" -> floating(raw, 11, 52);
      case "f32" -> floating(raw, 8, 23);
      case "tf32" -> floating(raw >> 13, 8, 10);
      case "f16" -> floating(raw, 5, 10);
      case "bf16" -> floating(raw, 8, 7);
      case "e4m3" -> floating(raw, 4, 3);
      case "e5m2" -> floating(raw, 5, 2);
      case "e2m1" -> floating(raw >> 2, 2, 1);
      case "e2m3" -> floating(raw, 2, 3);
      case "e3m2" -> floating(raw, 3, 2);
      case "s32" -> BigDecimal.valueOf((int) raw);
      case "s8" -> BigDecimal.valueOf((byte) raw);
      case "s4" -> BigDecimal.valueOf((raw & 15) - (raw & 8) * 2);
      case "u8", "u4", "b1" -> BigDecimal.valueOf(raw);
      default -> throw new IllegalArgumentException(type);
    };
  }

  private static BigDecimal floating(long raw, int exponentBits, int fractionBits) {
    long exponent = raw >> fractionBits & (1L << exponentBits) - 1;
    long fraction = raw & (1L << fractionBits) - 1;
    long significand = exponent == 0 ? fraction : fraction + (1L << fractionBits);
    int bias = (1 << exponentBits - 1) - 1;
    int power = (int) Math.max(exponent, 1) - bias - fractionBits;
    BigDecimal magnitude =
        power >= 0
            ? BigDecimal.valueOf(significand).multiply(BigDecimal.TWO.pow(power))
            : BigDecimal.valueOf(significand).divide(BigDecimal.TWO.pow(-power));
    boolean negative = (raw >> exponentBits + fractionBits & 1) != 0;
    return negative ? magnitude.negate() : magnitude;
  }

  /** Raw bits of a number of few significant bits, such that sums of products are exact. */
  static long simple(String type, SplittableRandom random) {
    return switch (type) {
      case "f64" -> Double.doubleToRawLongBits(random.nextInt(-99, 100) / 4.0);
      case "f32" -> Float.floatToRawIntBits(random.nextInt(-99, 100) / 4f) & 0xffff_ffffL;
      case "tf32" -> Float.floatToRawIntBits(random.nextInt(-12, 13) / 4f) & 0xffff_ffffL;
      case "f16" -> Float.floatToFloat16(random.nextInt(-12, 13) / 4f) & 0xffffL;
      case "bf16" -> Float.floatToRawIntBits(random.nextInt(-12, 13) / 4f) >>> 16;
      // Exponents of moderate size, any fraction.
      case "e4m3" -> random.nextInt(2) << 7 | random.nextInt(5, 9) << 3 | random.nextInt(8);
      case "e5m2" -> random.nextInt(2) << 7 | random.nextInt(13, 17) << 2 | random.nextInt(4);
      case "e2m1" -> random.nextInt(16) << 2;
      case "e2m3", "e3m2" -> random.nextInt(64);
      case "s32" -> random.nextInt(-100_000, 100_000) & 0xffff_ffffL;
      default -> random.nextInt(1 << bits(type));
    };
  }

  /** A number as raw bits; it must be representable. */
  static long raw(String type, BigDecimal value) {
    return switch (type) {
      case "f64" -> Double.doubleToRawLongBits(value.doubleValue());
      case "f32" -> Float.floatToRawIntBits(value.floatValue()) & 0xffff_ffffL;
      case "f16" -> Float.floatToFloat16(value.floatValue()) & 0xffffL;
      case "s32" -> value.intValueExact() & 0xffff_ffffL;
      default -> throw new IllegalArgumentException(type);
    };
  }
}
