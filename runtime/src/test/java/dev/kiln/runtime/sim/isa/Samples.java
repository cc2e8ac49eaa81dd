package dev.kiln.runtime.sim.isa;

import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.LongStream;

/** Values to test instructions with, as raw bits, zero-extended. */
public final class Samples {
  private static final long[] INTEGERS = {
    0,
    1,
    -1,
    2,
    -2,
    3,
    7,
    8,
    15,
    16,
    31,
    32,
    33,
    63,
    64,
    65,
    100,
    127,
    128,
    255,
    256,
    0x7fff,
    0x8000,
    0x8001,
    0xffff,
    0x1_0000,
    0x7fff_ffffL,
    0x8000_0000L,
    0x8000_0001L,
    0xffff_ffffL,
    0x1_0000_0000L,
    0x5555_5555_5555_5555L,
    0xaaaa_aaaa_aaaa_aaaaL,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    Long.MIN_VALUE + 1,
    0x8000_8000L,
    0x7fff_7fffL,
    0x7f80_807fL
  };
  private static final double[] NUMBERS = {
    1,
    1.5,
    2,
    3,
    0.5,
    0.75,
    0.1,
    10,
    65504,
    65520,
    1e-3,
    16777216,
    16777217,
    2147483647.0,
    2147483648.0,
    4294967296.0,
    0x1p63,
    1e30,
    1e-30,
    Math.PI
  };

  private Samples() {}

  private static final Map<PtxType, long[]> SPECIAL = new ConcurrentHashMap<>();

  /** Values where something special may happen; never empty, not to be written to. */
  public static long[] special(PtxType type) {
    long[] known = SPECIAL.get(type);
    if (known == null) {
      known = makeSpecial(type);
      SPECIAL.put(type, known);
    }
    return known;
  }

  private static long[] makeSpecial(PtxType type) {
    if (type == PtxType.PRED) {
      return new long[] {0, 1};
    }
    return switch (type) {
      case F16X2 -> pairs(special(PtxType.F16), 16);
      case BF16X2 -> pairs(special(PtxType.BF16), 16);
      case F32X2 -> pairs(special(PtxType.F32), 32);
      case F16 -> floats(5, 10);
      case BF16 -> floats(8, 7);
      case F32, TF32 -> floats(8, 23);
      case F64 -> floats(11, 52);
      default -> LongStream.of(INTEGERS).map(v -> v & mask(type)).distinct().toArray();
    };
  }

  private static long[] pairs(long[] halves, int bits) {
    long[] all = new long[halves.length];
    for (int i = 0; i < halves.length; i++) {
      all[i] = halves[i] | halves[(i * 7 + 3) % halves.length] << bits;
    }
    return all;
  }

  /** Both zeros, infinities, quiet and signaling NaNs, borders of the ranges, common numbers. */
  private static long[] floats(int exponentBits, int fractionBits) {
    long infinity = (1L << exponentBits) - 1 << fractionBits;
    long quiet = 1L << fractionBits - 1;
    List<Long> all = new ArrayList<>();
    long one = (1L << exponentBits - 1) - 1 << fractionBits;
    for (long v :
        new long[] {
          0,
          infinity,
          infinity | quiet,
          infinity | 1,
          infinity | quiet | 1,
          infinity | quiet - 1,
          infinity | quiet * 2 - 1,
          1,
          quiet,
          quiet * 2 - 1,
          quiet * 2,
          quiet * 2 + 1,
          infinity - 1,
          infinity - 2,
          one,
          one + 1,
          one - 1
        }) {
      all.add(v);
    }
    for (double number : NUMBERS) {
      all.add(bits(number, exponentBits, fractionBits));
    }
    long sign = infinity + (1L << fractionBits);
    return LongStream.concat(all.stream().mapToLong(v -> v), all.stream().mapToLong(v -> v | sign))
        .distinct()
        .toArray();
  }

  private static long bits(double number, int exponentBits, int fractionBits) {
    return switch (fractionBits) {
      case 10 -> Float.floatToFloat16((float) number) & 0xffffL;
      case 7 -> Float.floatToIntBits((float) number) >>> 16 & 0xffffL;
      case 23 -> Float.floatToIntBits((float) number) & 0xffff_ffffL;
      default -> Double.doubleToLongBits(number);
    };
  }

  /** A random value: any bits, or few of them, or a number near 1 for a float. */
  public static long random(PtxType type, SplittableRandom random) {
    if (type == PtxType.PRED) {
      return random.nextInt(2);
    }
    return switch (type) {
      case F16X2, BF16X2 -> {
        PtxType half = type == PtxType.F16X2 ? PtxType.F16 : PtxType.BF16;
        yield random(half, random) | random(half, random) << 16;
      }
      case F32X2 -> random(PtxType.F32, random) | random(PtxType.F32, random) << 32;
      case F16, BF16, F32, F64 -> randomFloat(type, random);
      default -> {
        long any = random.nextLong();
        yield (random.nextInt(4) == 0 ? any >> random.nextInt(64) : any) & mask(type);
      }
    };
  }

  private static long randomFloat(PtxType type, SplittableRandom random) {
    if (random.nextInt(3) == 0) {
      return random.nextLong() & mask(type);
    }
    double number = random.nextDouble(-8, 8);
    return switch (type) {
      case F16 -> Float.floatToFloat16((float) number) & 0xffffL;
      case BF16 -> Float.floatToIntBits((float) number) >>> 16;
      case F32 -> Float.floatToIntBits((float) number) & 0xffff_ffffL;
      default -> Double.doubleToLongBits(number);
    };
  }

  /** A special value or a random one. */
  public static long any(PtxType type, SplittableRandom random) {
    if (random.nextInt(3) != 0) {
      return random(type, random);
    }
    long[] special = special(type);
    return special[random.nextInt(special.length)];
  }

  static long mask(PtxType type) {
    return type.bits() >= 64 ? -1 : (1L << type.bits()) - 1;
  }
}
