package dev.kiln.tests.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.SimLaunch;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
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
class ThreadsTest {
  @RegisterExtension final CudaKernels cuda;

  ThreadsTest(Way way) {
    cuda = new CudaKernels("threads", way);
  }

  @ParameterizedTest
  @CsvSource({"1, 32", "3, 1", "2, 48"})
  void lanesAndBlocksTakeALockInTurn(int blocks, int threads) {
    int[] x = new int[blocks * threads];
    Arrays.fill(x, 7);
    long expected = 0;
    for (int value : x) {
      expected = next(expected, value);
    }
    assertThat(lockedSum(blocks, threads, x)).isEqualTo(expected);
  }

  /** The sum depends on the order, but there must have been one. */
  @Test
  void aLockIsHeldByOneLaneAtATime() {
    int[] x = Numbers.ints(1, 8, 0, 1 << 30);
    Set<Long> possible = new HashSet<>();
    addOrders(x, 0, 0, possible);
    assertThat(possible).contains(lockedSum(2, 4, x));
  }

  private long lockedSum(int blocks, int threads, int[] x) {
    NdArray lock = cuda.zeros(DType.I32, 1);
    NdArray sum = cuda.zeros(DType.I64, 1);
    cuda.launch("locked_sum", SimLaunch.of(blocks, threads), lock, sum, cuda.ints(x));
    assertThat(lock.toLongs()).containsExactly(0);
    return sum.toLongs()[0];
  }

  private static long next(long sum, int x) {
    return sum * 3 % 1_000_003 + x;
  }

  private static void addOrders(int[] x, int taken, long sum, Set<Long> sums) {
    if (Integer.bitCount(taken) == x.length) {
      sums.add(sum);
    }
    for (int i = 0; i < x.length; i++) {
      if ((taken >> i & 1) == 0) {
        addOrders(x, taken | 1 << i, next(sum, x[i]), sums);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 32", "4, 96", "16, 7"})
  void aLockInsideOfALoopsBodyIsPassedOn(int blocks, int threads) {
    NdArray lock = cuda.zeros(DType.I32, 1);
    NdArray count = cuda.zeros(DType.I32, 1);
    cuda.launch("locked_count", SimLaunch.of(blocks, threads), lock, count);
    assertThat(count.toLongs()).containsExactly(blocks * threads);
    assertThat(lock.toLongs()).containsExactly(0);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 32, 50})
  void everyLaneRecursesToItsOwnDepth(int threads) {
    int[] m = Numbers.ints(1, threads, 0, 3);
    int[] n = Numbers.ints(2, threads, 0, 9);
    m[threads - 1] = 3;
    n[threads - 1] = 3;
    NdArray out = cuda.empty(DType.I32, threads);
    cuda.launch("ackermann_of", SimLaunch.of(1, threads), cuda.ints(m), cuda.ints(n), out);
    assertThat(out.toLongs())
        .isEqualTo(IntStream.range(0, threads).mapToLong(i -> ackermann(m[i], n[i])).toArray());
  }

  private static long ackermann(long m, long n) {
    if (m == 0) {
      return n + 1;
    }
    return ackermann(m - 1, n == 0 ? 1 : ackermann(m, n - 1));
  }

  @ParameterizedTest
  @CsvSource({"1, 32", "2, 5", "50, 64", "200, 33"})
  void threadsSortTheirArraysByRecursion(int length, int threads) {
    int[] x = Numbers.ints(3, length * threads, -300, 300);
    NdArray arrays = cuda.ints(x);
    NdArray depths = cuda.empty(DType.I32, threads);
    cuda.launch("quicksort", SimLaunch.of(1, threads), length, arrays, depths);
    long[] expectedDepths = new long[threads];
    for (int i = 0; i < threads; i++) {
      expectedDepths[i] = sort(x, i * length, (i + 1) * length - 1, 0);
    }
    assertThat(arrays.toLongs()).isEqualTo(Arrays.stream(x).asLongStream().toArray());
    assertThat(depths.toLongs()).isEqualTo(expectedDepths);
  }

  /** Sorts, and returns how deep the calls went that the kernel's scheme needs. */
  private static int sort(int[] a, int low, int high, int depth) {
    int deepest = depth + 1;
    int from = low;
    while (from < high) {
      int pivot = a[from + (high - from) / 2];
      int i = from;
      int j = high;
      while (i <= j) {
        while (a[i] < pivot) {
          i++;
        }
        while (a[j] > pivot) {
          j--;
        }
        if (i <= j) {
          int t = a[i];
          a[i++] = a[j];
          a[j--] = t;
        }
      }
      deepest = Math.max(deepest, sort(a, from, j, depth + 1));
      from = i;
    }
    return deepest;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 32, 100})
  void lanesCallDifferentFunctionsThroughATable(int threads) {
    int[] which = Numbers.ints(4, threads, 0, 3);
    double[] x = Numbers.normal(DType.FP32, 5, threads);
    NdArray values = cuda.array(DType.FP32, x);
    cuda.launch("call_table", SimLaunch.of(1, threads), cuda.ints(which), values);
    double[] expected = new double[threads];
    for (int i = 0; i < threads; i++) {
      float value = (float) x[i];
      float result =
          switch (which[i]) {
            case 0 -> 2 * value;
            case 1 -> value * value;
            default -> -value;
          };
      expected[i] = result + 1;
    }
    assertThat(values.toDoubles()).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 33, 1000})
  void lanesJumpToDifferentCases(int n) {
    int[] x = Numbers.bits(6, n);
    NdArray out = cuda.empty(DType.I32, n);
    cuda.launch("classify", SimLaunch.of(Grid.cdiv(n, 128), 128), n, cuda.ints(x), out);
    assertThat(out.toLongs())
        .isEqualTo(IntStream.of(x).map(ThreadsTest::classified).asLongStream().toArray());
  }

  private static int classified(int x) {
    return switch (x & 15) {
      case 0 -> x * 3 + 1;
      case 1 -> x ^ 0x55;
      case 2 -> x / 7;
      case 3 -> x % 11;
      case 4 -> Integer.bitCount(x);
      case 5 -> Integer.numberOfLeadingZeros(x);
      case 6 -> -x;
      case 7 -> x << 3;
      case 8 -> x >> 2;
      case 9 -> Integer.reverse(x);
      case 10 -> Math.abs(x - 100);
      case 11 -> Math.max(x, 50);
      default -> {
        int v = x;
        for (int k = 0; k < (v & 7); k++) {
          v = v * 5 + k;
        }
        yield v;
      }
    };
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 20})
  void aWarpMakesWhatAnotherTakes(int steps) {
    int[] in = Numbers.ints(7, steps * 32, -1000, 1000);
    NdArray out = cuda.empty(DType.I32, in.length);
    cuda.launch("producer_consumer", SimLaunch.of(1, 64), steps, cuda.ints(in), out);
    assertThat(out.toLongs())
        .isEqualTo(
            IntStream.range(0, in.length)
                .mapToLong(i -> in[i / 32 * 32 + 31 - i % 32] * 2L + 1)
                .toArray());
  }

  @ParameterizedTest
  @CsvSource({"1, 32, 3", "4, 64, 5", "20, 32, 6"})
  void allBlocksMeetBetweenSteps(int blocks, int threads, int steps) {
    int n = blocks * threads;
    int[] cells = Numbers.ints(8, n, -100, 100);
    NdArray both = cuda.ints(Arrays.copyOf(cells, 2 * n));
    NdArray arrived = cuda.zeros(DType.I32, 1);
    cuda.launch("grid_steps", SimLaunch.of(blocks, threads), steps, arrived, both, n);
    int[] expected = cells;
    for (int s = 0; s < steps; s++) {
      int[] old = expected;
      expected = IntStream.range(0, n).map(i -> old[(i + n - 1) % n] + old[(i + 1) % n]).toArray();
    }
    int from = steps % 2 * n;
    assertThat(Arrays.copyOfRange(both.toLongs(), from, from + n))
        .isEqualTo(Arrays.stream(expected).asLongStream().toArray());
    assertThat(arrived.toLongs()).containsExactly(blocks * steps);
  }

  @ParameterizedTest
  @ValueSource(ints = {32, 64, 256})
  void groupsOfThreadsCooperate(int threads) {
    int[] x = Numbers.ints(9, threads, -50, 50);
    NdArray sums = cuda.empty(DType.I32, threads / 8);
    NdArray odd = cuda.zeros(DType.I32, 1);
    cuda.launch("groups", SimLaunch.of(1, threads), cuda.ints(x), sums, odd);
    long[] expected = new long[threads / 8];
    for (int i = 0; i < threads; i++) {
      expected[i / 8] += x[i];
    }
    assertThat(sums.toLongs()).isEqualTo(expected);
    assertThat(odd.toLongs()).containsExactly(IntStream.of(x).filter(v -> v % 2 != 0).count());
  }

  @ParameterizedTest
  @CsvSource({"0, 32", "1, 3", "10, 64", "20, 96"})
  void listsGrowOnTheDevicesHeap(int length, int threads) {
    NdArray sums = cuda.empty(DType.I32, threads);
    cuda.launch("lists", SimLaunch.of(1, threads), length, sums);
    long[] expected = new long[threads];
    for (int t = 0; t < threads; t++) {
      int nodes = length + t % 3;
      expected[t] = nodes * (nodes - 1L) / 2 * (t + 1);
    }
    assertThat(sums.toLongs()).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 32, 77})
  void aStructIsPassedByValueAndALocalArrayIndexed(int threads) {
    ByteBuffer shape = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
    short[] tags = {3, -1, 20, -300};
    shape.putInt(6).putInt(-7).putDouble(1.25);
    for (short tag : tags) {
      shape.putShort(tag);
    }
    int[] order = Numbers.ints(10, threads * 8, 0, 8);
    NdArray out = cuda.empty(DType.FP64, threads);
    cuda.launch("by_value", SimLaunch.of(1, threads), shape.array(), cuda.ints(order), out);
    double[] expected = new double[threads];
    for (int t = 0; t < threads; t++) {
      for (int i = 0; i < 8; i++) {
        int at = order[t * 8 + i];
        expected[t] = expected[t] * 2 + (1.25 * at + tags[at % 4]);
      }
      expected[t] -= 42;
    }
    assertThat(out.toDoubles()).isEqualTo(expected);
  }
}
