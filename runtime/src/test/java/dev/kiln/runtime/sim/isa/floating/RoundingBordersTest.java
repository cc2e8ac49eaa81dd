package dev.kiln.runtime.sim.isa.floating;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.runtime.sim.isa.SingleStep;
import dev.kiln.runtime.sim.isa.SingleStep.LaneCheck;
import dev.kiln.runtime.sim.isa.SingleStep.LaneFunction;
import dev.kiln.runtime.sim.isa.floating.Exact.Format;
import dev.kiln.runtime.sim.isa.vector.VectorForms;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Operands whose exact result lies at, or hardly beside, the middle between two numbers. */
class RoundingBordersTest {
  private static final int RUNS = 24;

  @ParameterizedTest
  @CsvSource({
    "fma.rn.f32, F32, NEAREST",
    "fma.rz.f32, F32, ZERO",
    "fma.rm.f32, F32, DOWN",
    "fma.rp.f32, F32, UP",
    "fma.rn.f16, F16, NEAREST",
    "fma.rn.bf16, BF16, NEAREST",
    "fma.rn.f64, F64, NEAREST",
    "fma.rm.f64, F64, DOWN"
  })
  void productsOfHalfAUnitAreRoundedOnce(String mnemonic, Format format, Rounding rounding) {
    Reference reference = new Reference(format, rounding);
    PtxType type = PtxType.valueOf(format.name());
    SplittableRandom random = new SplittableRandom(11);
    for (int run = 0; run < RUNS; run++) {
      long[] a = new long[32];
      long[] b = new long[32];
      long[] c = new long[32];
      for (int lane = 0; lane < 32; lane++) {
        c[lane] = random.nextLong(format.largest());
        // The factors' exponents add up to that of half a unit of c; fractions are small or all
        // ones.
        long exponent = c[lane] >>> format.fractionBits;
        int bias = (1 << (format.exponentBits - 1)) - 1;
        long half = exponent - format.fractionBits - 1 + bias;
        long first = Math.clamp(random.nextLong(2L * bias), 1, 2L * bias);
        long second = Math.clamp(half - first, 0, 2L * bias);
        a[lane] = first << format.fractionBits | fraction(format, random);
        b[lane] = second << format.fractionBits | fraction(format, random);
        if (random.nextBoolean()) {
          a[lane] |= format.sign();
        }
        if (random.nextBoolean()) {
          c[lane] |= format.sign();
        }
      }
      SingleStep step = SingleStep.of(mnemonic).out(type).in(type, a).in(type, b).in(type, c);
      check(step, in -> reference.fma(in[0], in[1], in[2]));
    }
  }

  private static void check(SingleStep step, LaneFunction expected) {
    LaneCheck check =
        (in, out) ->
            assertThat(Long.toHexString(out[0]))
                .as(Arrays.toString(in))
                .isEqualTo(Long.toHexString(expected.of(in)));
    step.run().forEachActive(check);
    VectorForms.without(step::run).forEachActive(check);
  }

  private static long fraction(Format format, SplittableRandom random) {
    long all = (1L << format.fractionBits) - 1;
    return switch (random.nextInt(4)) {
      case 0 -> 0;
      case 1 -> random.nextInt(3);
      case 2 -> all - random.nextInt(3);
      default -> random.nextLong() & all;
    };
  }

  @ParameterizedTest
  @CsvSource({
    "add.rn.f32, F32, NEAREST",
    "add.rz.f32, F32, ZERO",
    "add.rp.f32, F32, UP",
    "add.rm.f64, F64, DOWN",
    "add.rz.f64, F64, ZERO",
    "add.f16, F16, NEAREST",
    "add.bf16, BF16, NEAREST"
  })
  void sumsWithHalfAUnitAreRoundedOnce(String mnemonic, Format format, Rounding rounding) {
    Reference reference = new Reference(format, rounding);
    PtxType type = PtxType.valueOf(format.name());
    SplittableRandom random = new SplittableRandom(13);
    for (int run = 0; run < RUNS; run++) {
      long[] a = new long[32];
      long[] b = new long[32];
      for (int lane = 0; lane < 32; lane++) {
        a[lane] = random.nextLong(format.largest());
        long half = (a[lane] >>> format.fractionBits) - format.fractionBits - 1;
        b[lane] = Math.max(half + random.nextInt(-1, 2), 0) << format.fractionBits;
        b[lane] |= fraction(format, random);
        if (random.nextBoolean()) {
          b[lane] |= format.sign();
        }
      }
      SingleStep step = SingleStep.of(mnemonic).out(type).in(type, a).in(type, b);
      check(step, in -> reference.add(in[0], in[1]));
    }
  }
}
