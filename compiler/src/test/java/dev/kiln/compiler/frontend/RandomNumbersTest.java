package dev.kiln.compiler.frontend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.compiler.ir.DType;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class RandomNumbersTest {
  private static long[] philox32(long c0, long c1, long c2, long c3, long k0, long k1) {
    return KernelRun.of(
            """
            seed = tl.load(a + 4).to(tl.uint64) + (tl.load(a + 5).to(tl.uint64) << 32)
            w0, w1, w2, w3 = tl.philox(seed, tl.load(a), tl.load(a + 1), tl.load(a + 2), tl.load(a + 3))
            tl.store(out, w0)
            tl.store(out + 1, w1)
            tl.store(out + 2, w2)
            tl.store(out + 3, w3)
            """)
        .with(DType.U32, new long[] {c0, c1, c2, c3, k0, k1})
        .integers(DType.U32, 4);
  }

  private static long[] philox64(long... counterAndKey) {
    return KernelRun.of(
            """
            w0, w1, w2, w3 = tl.random.philox_impl(
                tl.load(a), tl.load(a + 1), tl.load(a + 2), tl.load(a + 3), tl.load(a + 4), tl.load(a + 5))
            tl.store(out, w0)
            tl.store(out + 1, w1)
            tl.store(out + 2, w2)
            tl.store(out + 3, w3)
            """)
        .with(DType.U64, counterAndKey)
        .integers(DType.U64, 4);
  }

  /** The known answers of the Random123 library. */
  @Test
  void philoxGivesTheKnownAnswers() {
    long ones = 0xffffffffL;
    assertThat(philox32(0, 0, 0, 0, 0, 0))
        .containsExactly(0x6627e8d5L, 0xe169c58dL, 0xbc57ac4cL, 0x9b00dbd8L);
    assertThat(philox32(ones, ones, ones, ones, ones, ones))
        .containsExactly(0x408f276dL, 0x41c83b0eL, 0xa20bc7c6L, 0x6d5451fdL);
    assertThat(
            philox32(0x243f6a88L, 0x85a308d3L, 0x13198a2eL, 0x03707344L, 0xa4093822L, 0x299f31d0L))
        .containsExactly(0xd16cfe09L, 0x94fdccebL, 0x5001e420L, 0x24126ea1L);
  }

  @Test
  void philoxOf64BitsGivesTheKnownAnswers() {
    assertThat(philox64(0, 0, 0, 0, 0, 0))
        .containsExactly(
            0x16554d9eca36314cL, 0xdb20fe9d672d0fdcL, 0xd7e772cee186176bL, 0x7e68b68aec7ba23bL);
    assertThat(philox64(-1, -1, -1, -1, -1, -1))
        .containsExactly(
            0x87b092c3013fe90bL, 0x438c3c67be8d0224L, 0x9cc7d7c69cd777b6L, 0xa09caebf594f0ba0L);
  }

  @Test
  void theHighHalvesOfSeedAndOffsetCount() {
    String body =
        "tl.store(out + tl.arange(0, 4), tl.randint(tl.load(a), tl.load(b) + tl.arange(0, 4)))";
    long[] plain = run(body, 7, 9);
    assertThat(run(body, 7 + (1L << 32), 9)).isNotEqualTo(plain);
    assertThat(run(body, 7, 9 + (1L << 32))).isNotEqualTo(plain);
    assertThat(run(body, 7, 9)).isEqualTo(plain);
  }

  private static long[] run(String body, long seed, long offset) {
    return KernelRun.of(body)
        .with(DType.I64, new long[] {seed})
        .with(DType.I64, new long[] {offset})
        .integers(DType.U32, 4);
  }

  @Test
  void wordsBecomeNumbersFromZeroToBelowOne() {
    double[] numbers =
        KernelRun.expression("tl.random.uint_to_uniform_float(x)")
            .with(
                DType.U32,
                new long[] {0, 1, 0x7fffffffL, 0x80000000L, 0xffffffffL, 0x40000000L, 2, 3})
            .floats(DType.FP32, 8);
    assertThat(numbers[0]).isZero();
    assertThat(numbers[2]).isLessThan(1).isGreaterThan(0.9999999);
    assertThat(numbers[3]).isLessThan(1).isEqualTo(numbers[2]);
    assertThat(numbers[4]).isZero();
    assertThat(numbers[5]).isCloseTo(0.5, within(1e-6));
  }

  @Test
  void uniformNumbersAreUniform() {
    double[] numbers =
        KernelRun.expression("tl.rand(42, i)")
            .with(DType.FP32, new double[4096])
            .floats(DType.FP32, 4096);
    assertThat(Arrays.stream(numbers).average().orElseThrow()).isCloseTo(0.5, within(0.02));
    assertThat(Arrays.stream(numbers)).allMatch(x -> x >= 0 && x < 1);
    long low = LongStream.range(0, 4096).filter(i -> numbers[(int) i] < 0.25).count();
    assertThat(low).isBetween(924L, 1124L);
  }

  @Test
  void normalNumbersHaveMeanZeroAndVarianceOne() {
    double[] numbers =
        KernelRun.expression("tl.randn(42, i)")
            .with(DType.FP32, new double[4096])
            .floats(DType.FP32, 4096);
    assertThat(Arrays.stream(numbers).average().orElseThrow()).isCloseTo(0, within(0.05));
    assertThat(Arrays.stream(numbers).map(x -> x * x).average().orElseThrow())
        .isCloseTo(1, within(0.06));
  }

  @Test
  void theFirstOfFourIsTheOnlyOne() {
    long[] four =
        KernelRun.expression("tl.randint4x(5, i)[0] ^ tl.randint(5, i)")
            .with(DType.FP32, new double[16])
            .integers(DType.U32, 16);
    assertThat(four).containsOnly(0);
  }
}
