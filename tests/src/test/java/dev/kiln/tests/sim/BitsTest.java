package dev.kiln.tests.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.SimLaunch;
import dev.kiln.tests.kernels.ErrorRule;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@ParameterizedClass
@EnumSource(Way.class)
class BitsTest {
  @RegisterExtension final CudaKernels cuda;

  BitsTest(Way way) {
    cuda = new CudaKernels("bits", way);
  }

  /** "Known answers" of Salmon and others, Parallel random numbers: as easy as 1, 2, 3. */
  @Test
  void philoxOfZerosIsThePublishedOne() {
    NdArray out = cuda.empty(DType.I32, 4);
    cuda.launch("philox", SimLaunch.of(1, 1), 0, 0, out);
    assertThat(ints(out)).containsExactly(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8);
  }

  @ParameterizedTest
  @CsvSource({"1, 32", "3, 50"})
  void philoxIsThatOfExactArithmetic(int blocks, int threads) {
    NdArray out = cuda.empty(DType.I32, 4 * blocks * threads);
    cuda.launch("philox", SimLaunch.of(blocks, threads), 0xdeadbeef, 0x12345678, out);
    int[] expected =
        IntStream.range(0, blocks * threads)
            .flatMap(i -> IntStream.of(philox(i, 0xdeadbeef, 0x12345678)))
            .toArray();
    assertThat(ints(out)).isEqualTo(expected);
  }

  private static int[] philox(int counter, int key0, int key1) {
    int[] c = {counter, 0, 0, 0};
    for (int round = 0; round < 10; round++) {
      long a = 0xD2511F53L * Integer.toUnsignedLong(c[0]);
      long b = 0xCD9E8D57L * Integer.toUnsignedLong(c[2]);
      c =
          new int[] {
            (int) (b >>> 32) ^ c[1] ^ (key0 + round * 0x9E3779B9),
            (int) b,
            (int) (a >>> 32) ^ c[3] ^ (key1 + round * 0xBB67AE85),
            (int) a
          };
    }
    return c;
  }

  @Test
  void carriesGoThroughNumbersOf128Bits() {
    int[] a = Numbers.bits(1, 4 * 64);
    int[] b = Numbers.bits(2, 4 * 64);
    Arrays.fill(a, 0, 8, -1);
    Arrays.fill(b, 4, 8, -1);
    b[0] = 1;
    b[1] = b[2] = b[3] = 0;
    NdArray sum = cuda.empty(DType.I32, a.length);
    NdArray low = cuda.empty(DType.I32, a.length);
    NdArray high = cuda.empty(DType.I32, a.length);
    cuda.launch("big_numbers", SimLaunch.of(1, 64), cuda.ints(a), cuda.ints(b), sum, low, high);
    int[] sums = new int[a.length];
    int[] lows = new int[a.length];
    int[] highs = new int[a.length];
    for (int i = 0; i < a.length; i += 4) {
      BigInteger product = big(a, i).multiply(big(b, i));
      words(big(a, i).add(big(b, i)), sums, i);
      words(product, lows, i);
      words(product.shiftRight(128), highs, i);
    }
    assertThat(ints(sum)).as("sums").isEqualTo(sums);
    assertThat(ints(low)).as("low halves of products").isEqualTo(lows);
    assertThat(ints(high)).as("high halves of products").isEqualTo(highs);
  }

  private static BigInteger big(int[] words, int at) {
    BigInteger value = BigInteger.ZERO;
    for (int k = 3; k >= 0; k--) {
      value = value.shiftLeft(32).add(BigInteger.valueOf(Integer.toUnsignedLong(words[at + k])));
    }
    return value;
  }

  private static void words(BigInteger value, int[] words, int at) {
    for (int k = 0; k < 4; k++) {
      words[at + k] = value.shiftRight(32 * k).intValue();
    }
  }

  @Test
  void integersOf64BitsAreDividedTowardsZero() {
    var random = new SplittableRandom(3);
    long[] a = random.longs(96).toArray();
    long[] b = IntStream.range(0, 96).mapToLong(i -> random.nextLong() >> i % 63 | 1).toArray();
    a[0] = 0;
    a[1] = Long.MIN_VALUE;
    b[1] = 3;
    a[2] = Long.MAX_VALUE;
    b[2] = Long.MIN_VALUE;
    a[3] = -7;
    b[3] = 2;
    a[4] = 7;
    b[4] = -2;
    a[5] = 0xffff_ffffL;
    b[5] = 0x1_0000_0000L;
    NdArray quotient = cuda.empty(DType.I64, a.length);
    NdArray rest = cuda.empty(DType.I64, a.length);
    cuda.launch(
        "divide64", SimLaunch.of(1, a.length), cuda.longs(a), cuda.longs(b), quotient, rest);
    long[] quotients = new long[a.length];
    Arrays.setAll(quotients, i -> a[i] / b[i]);
    long[] rests = new long[a.length];
    Arrays.setAll(rests, i -> a[i] % b[i]);
    assertThat(quotient.toLongs()).as("quotients").isEqualTo(quotients);
    assertThat(rest.toLongs()).as("rests").isEqualTo(rests);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 32, 250})
  void bitFieldsAreWhatTheirNamesSay(int n) {
    int[] x = Numbers.bits(4, n);
    int[] special = {0, -1, 1, Integer.MIN_VALUE, Integer.MAX_VALUE, 0x00ff_00ff, 6, 31};
    System.arraycopy(special, 0, x, 0, Math.min(n, special.length));
    NdArray out = cuda.empty(DType.I32, 8 * n);
    cuda.launch("bit_fields", SimLaunch.of(1, n), cuda.ints(x), out);
    int[] expected =
        IntStream.range(0, n).flatMap(i -> IntStream.of(fields(x[i], x[(i + 1) % n]))).toArray();
    assertThat(ints(out)).isEqualTo(expected);
  }

  private static int[] fields(int v, int w) {
    int first = v == 0 ? 0 : Integer.numberOfTrailingZeros(v) + 1;
    int[] result = new int[8];
    result[0] = Integer.bitCount(v) + (Integer.numberOfLeadingZeros(v) << 8) + (first << 16);
    result[1] = Integer.reverse(v);
    result[2] = v & 0xff | (w & 0xff) << 8 | (v & 0xff00) << 8 | (w & 0xff00) << 16;
    long both = (long) w << 32 | Integer.toUnsignedLong(v);
    result[3] = (int) (both << (v & 31) >>> 32);
    for (int at = 0; at < 32; at += 8) {
      result[4] |= Math.abs((v >>> at & 0xff) - (w >>> at & 0xff)) << at;
    }
    for (int at = 0; at < 32; at += 16) {
      result[5] |= ((v >>> at) + (w >>> at) & 0xffff) << at;
    }
    result[6] = (int) Math.abs((long) v - w) + 5;
    result[7] = thirdBit(v);
    return result;
  }

  /** Where the third bit that is set stands; all ones if there are fewer. */
  private static int thirdBit(int v) {
    int seen = 0;
    for (int at = 0; at < 32; at++) {
      seen += v >>> at & 1;
      if (seen == 3) {
        return at;
      }
    }
    return -1;
  }

  /** Every half there is. */
  @Test
  void halvesBecomeTheNearestFp8() {
    int n = 1 << 16;
    int[] words = IntStream.range(0, n / 2).map(i -> 2 * i | 2 * i + 1 << 16).toArray();
    NdArray e4m3 = cuda.empty(DType.FP16, n);
    NdArray e5m2 = cuda.empty(DType.FP16, n);
    cuda.launch("fp8_round_trip", SimLaunch.of(n / 2 / 256, 256), cuda.ints(words), e4m3, e5m2);
    double[] halves = new double[n];
    Arrays.setAll(halves, i -> Float.float16ToFloat((short) i));
    assertThat(e4m3.toDoubles()).as("e4m3").isEqualTo(nearest(halves, values(4, 3, 448)));
    assertThat(e5m2.toDoubles()).as("e5m2").isEqualTo(nearest(halves, values(5, 2, 57344)));
  }

  /** The finite numbers from 0 of a format, in order: those with odd place have an odd last bit. */
  private static double[] values(int exponentBits, int mantissaBits, double largest) {
    int bias = (1 << exponentBits - 1) - 1;
    return IntStream.range(0, 1 << exponentBits + mantissaBits)
        .mapToDouble(
            code -> {
              int exponent = code >> mantissaBits;
              int mantissa = code & (1 << mantissaBits) - 1;
              int lead = exponent == 0 ? 0 : 1 << mantissaBits;
              return Math.scalb(
                  (double) (lead + mantissa), Math.max(exponent, 1) - bias - mantissaBits);
            })
        .filter(value -> value <= largest)
        .toArray();
  }

  /** To nearest, ties to even; what is too large, infinity too, becomes the largest. */
  private static double[] nearest(double[] x, double[] values) {
    return Arrays.stream(x)
        .map(
            v -> {
              double size = Math.abs(v);
              int at = Arrays.binarySearch(values, size);
              if (Double.isNaN(v)) {
                return v;
              }
              int below = at >= 0 ? at : -at - 2;
              if (at < 0 && below + 1 < values.length) {
                double middle = (values[below] + values[below + 1]) / 2;
                below += size > middle || size == middle && below % 2 == 1 ? 1 : 0;
              }
              return Math.copySign(values[below], v);
            })
        .toArray();
  }

  @ParameterizedTest
  @CsvSource({"16, 8, 32", "32, 24, 128"})
  void productsOfFp8AreWithinTheErrorRule(int m, int n, int k) {
    double[] a = Numbers.normal(DType.FP8E4NV, 5, m * k);
    double[] b = Numbers.normal(DType.FP8E5, 6, k * n);
    NdArray c = cuda.empty(DType.FP32, m * n);
    cuda.launch(
        "product_fp8",
        SimLaunch.of(Grid.of(n / 8, m / 16), Grid.of(32)),
        n,
        k,
        cuda.array(DType.FP8E4NV, a),
        cuda.array(DType.FP8E5, b),
        c);
    ErrorRule.check(
        "a product of fp8",
        DType.FP32,
        c.toDoubles(),
        product(Rounding.FP32, a, b, n, k),
        product(Rounding.EXACT, a, b, n, k));
  }

  /** The columns of {@code b} one after the other. */
  private static double[] product(Rounding rounding, double[] a, double[] b, int n, int k) {
    double[] c = new double[a.length / k * n];
    for (int i = 0; i < c.length; i++) {
      double sum = 0;
      for (int j = 0; j < k; j++) {
        sum = rounding.of(sum + a[i / n * k + j] * b[i % n * k + j]);
      }
      c[i] = sum;
    }
    return c;
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 32, 5", "100, 7, 64, 200", "33, 20, 32, 300", "9, 2, 32, 0"})
  void lanesLeaveTheMandelbrotLoopWhenTheirPointEscapes(
      int width, int height, int threads, int limit) {
    NdArray counts = cuda.empty(DType.I32, width * height);
    Grid grid = Grid.of(Grid.cdiv(width, threads), height);
    cuda.launch("mandelbrot", SimLaunch.of(grid, Grid.of(threads)), width, limit, counts);
    int[] expected =
        IntStream.range(0, width * height)
            .map(i -> escape(i % width, width, i / width, height, limit))
            .toArray();
    assertThat(ints(counts)).isEqualTo(expected);
  }

  /** With the fused multiply-add that nvcc chose, on which the count of a point may depend. */
  private static int escape(int x, int width, int y, int height, int limit) {
    float cx = 3.0f * x / width - 2.0f;
    float cy = 2.0f * y / height - 1.0f;
    float zx = 0;
    float zy = 0;
    int count = 0;
    while (count < limit && zx * zx + zy * zy < 4.0f) {
      float next = zx * zx - zy * zy + cx;
      zy = Math.fma(2 * zx, zy, cy);
      zx = next;
      count++;
    }
    return count;
  }

  private static int[] ints(NdArray array) {
    return Arrays.stream(array.toLongs()).mapToInt(value -> (int) value).toArray();
  }
}
