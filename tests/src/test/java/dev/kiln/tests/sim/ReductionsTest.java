package dev.kiln.tests.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.SimLaunch;
import dev.kiln.tests.kernels.ErrorRule;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(Way.class)
class ReductionsTest {
  @RegisterExtension final CudaKernels cuda;

  ReductionsTest(Way way) {
    cuda = new CudaKernels("reductions", way);
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "255, 1", "257, 2", "1000, 1", "5000, 7"})
  void blocksAddUpThroughSharedMemory(int n, int blocks) {
    double[] x = quarters(1, n);
    NdArray sum = cuda.zeros(DType.FP32, 1);
    cuda.launch("sum_shared", SimLaunch.of(blocks, 256), n, cuda.array(DType.FP32, x), sum);
    assertThat(sum.toDoubles()).containsExactly(sum(Rounding.EXACT, x));
  }

  @Test
  void sumsOfAnyNumbersAreWithinTheErrorRule() {
    double[] x = Numbers.uniform(DType.FP32, 2, 20_000, 0, 1);
    NdArray array = cuda.array(DType.FP32, x);
    NdArray sums = cuda.zeros(DType.FP32, 2);
    cuda.launch("sum_shared", SimLaunch.of(3, 256), x.length, array, sums);
    cuda.launch(
        "sum_last_block",
        SimLaunch.of(5, 128),
        x.length,
        array,
        cuda.empty(DType.FP32, 5),
        sums.narrow(0, 1, 2));
    ErrorRule.check(
        "sums in shared memory and by the last block",
        DType.FP32,
        sums.toDoubles(),
        twice(sum(Rounding.FP32, x)),
        twice(sum(Rounding.EXACT, x)));
  }

  private static double[] twice(double x) {
    return new double[] {x, x};
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 32", "5, 33, 64", "9, 200, 128", "40, 1000, 256"})
  void warpsAddUpRowsByShuffles(int rows, int columns, int threads) {
    double[] x = Numbers.normal(DType.FP32, 3, rows * columns);
    NdArray sums = cuda.empty(DType.FP32, rows);
    cuda.launch(
        "row_sums_shuffle",
        SimLaunch.of(Grid.cdiv(rows, threads / 32), threads),
        rows,
        columns,
        cuda.array(DType.FP32, x),
        sums);
    ErrorRule.check(
        "sums of rows",
        DType.FP32,
        sums.toDoubles(),
        rowSums(Rounding.FP32, x, columns),
        rowSums(Rounding.EXACT, x, columns));
  }

  private static double[] rowSums(Rounding rounding, double[] x, int columns) {
    double[] sums = new double[x.length / columns];
    Arrays.setAll(
        sums, row -> sum(rounding, Arrays.copyOfRange(x, row * columns, (row + 1) * columns)));
    return sums;
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 32", "3, 31, 64", "4, 1000, 96", "2, 3000, 1024"})
  void theFirstOfEqualLargestElementsIsFound(int rows, int columns, int threads) {
    double[] x = Numbers.doubles(Numbers.ints(4, rows * columns, -9, 9));
    NdArray where = cuda.empty(DType.I32, rows);
    NdArray largest = cuda.empty(DType.FP32, rows);
    cuda.launch(
        "row_argmax",
        SimLaunch.of(rows, threads),
        columns,
        cuda.array(DType.FP32, x),
        where,
        largest);
    long[] expected = new long[rows];
    double[] most = new double[rows];
    for (int row = 0; row < rows; row++) {
      int best = row * columns;
      for (int i = best; i < (row + 1) * columns; i++) {
        best = x[i] > x[best] ? i : best;
      }
      expected[row] = best - row * columns;
      most[row] = x[best];
    }
    assertThat(where.toLongs()).isEqualTo(expected);
    assertThat(largest.toDoubles()).isEqualTo(most);
  }

  @ParameterizedTest
  @CsvSource({"1, 32", "31, 32", "100, 64", "3000, 256"})
  void integersAreReducedWithinWarps(int n, int threads) {
    int[] x = Numbers.bits(5, n);
    NdArray sum = cuda.ints(0);
    NdArray least = cuda.ints(Integer.MAX_VALUE);
    NdArray most = cuda.ints(Integer.MIN_VALUE);
    cuda.launch(
        "integer_extremes",
        SimLaunch.of(Grid.cdiv(n, threads), threads),
        n,
        cuda.ints(x),
        sum,
        least,
        most);
    assertThat(sum.toLongs()).as("sum").containsExactly(Arrays.stream(x).sum());
    assertThat(least.toLongs()).containsExactly(Arrays.stream(x).min().orElseThrow());
    assertThat(most.toLongs()).containsExactly(Arrays.stream(x).max().orElseThrow());
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 32", "1000, 3, 64", "3001, 9, 256"})
  void theLastBlockAddsWhatAllHaveWritten(int n, int blocks, int threads) {
    double[] x = quarters(6, n);
    NdArray sum = cuda.empty(DType.FP32, 1);
    NdArray array = cuda.array(DType.FP32, x);
    for (int launch = 0; launch < 2; launch++) {
      NdArray partial = cuda.empty(DType.FP32, blocks);
      cuda.launch("sum_last_block", SimLaunch.of(blocks, threads), n, array, partial, sum);
      assertThat(sum.toDoubles()).containsExactly(sum(Rounding.EXACT, x));
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 32, -9", "50, 64, 1", "3000, 128, 2.5", "3000, 128, 99"})
  void ballotsCountElementsAndFindTheFirst(int n, int threads, float threshold) {
    double[] x = Numbers.normal(DType.FP32, 7, n);
    x[n / 2] = Double.NaN;
    NdArray count = cuda.ints(0);
    NdArray first = cuda.ints(Integer.MAX_VALUE);
    cuda.launch(
        "count_above",
        SimLaunch.of(Grid.cdiv(n, threads), threads),
        n,
        threshold,
        cuda.array(DType.FP32, x),
        count,
        first);
    int expected = 0;
    int firstExpected = Integer.MAX_VALUE;
    for (int i = n - 1; i >= 0; i--) {
      if (x[i] > threshold) {
        expected++;
        firstExpected = i;
      }
    }
    assertThat(count.toLongs()).as("count").containsExactly(expected);
    assertThat(first.toLongs()).as("first").containsExactly(firstExpected);
  }

  /** Multiples of a quarter: a few thousand of them are added without rounding in any order. */
  private static double[] quarters(long seed, int n) {
    return Arrays.stream(Numbers.ints(seed, n, -40, 50)).mapToDouble(i -> i / 4.0).toArray();
  }

  private static double sum(Rounding rounding, double[] x) {
    double sum = 0;
    for (double v : x) {
      sum = rounding.of(sum + v);
    }
    return sum;
  }
}
