package dev.kiln.tests.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.SimLaunch;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@ParameterizedClass
@EnumSource(Way.class)
class PipelinesTest {
  @RegisterExtension final CudaKernels cuda;

  PipelinesTest(Way way) {
    cuda = new CudaKernels("pipelines", way);
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 3", "3, 11"})
  void copiesArriveAtTheBarriersThatOthersWaitFor(int blocks, int steps) {
    int[] in = Numbers.ints(1, blocks * steps * 256, -1000, 1000);
    NdArray out = cuda.empty(DType.FP32, blocks * 256);
    cuda.launch(
        "copies_arrive",
        SimLaunch.of(blocks, 128),
        steps,
        cuda.array(DType.FP32, Numbers.doubles(in)),
        out);
    double[] expected = new double[blocks * 256];
    for (int i = 0; i < in.length; i++) {
      expected[i / (steps * 256) * 256 + i % 256] += in[i];
    }
    assertThat(out.toDoubles()).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 4"})
  void theLibrarysBarrierCountsItsCopies(int blocks, int steps) {
    int[] in = Numbers.bits(2, blocks * steps * 256);
    NdArray out = cuda.empty(DType.I32, blocks * 256);
    cuda.launch("library_barrier", SimLaunch.of(blocks, 256), steps, cuda.ints(in), out);
    int[] expected = new int[blocks * 256];
    for (int i = 0; i < expected.length; i++) {
      for (int s = 0; s < steps; s++) {
        expected[i] = expected[i] * 3 + in[(i / 256 * steps + s) * 256 + 255 - i % 256];
      }
    }
    assertThat(out.toLongs()).isEqualTo(longs(expected));
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 2", "3, 7"})
  void theLibrarysPipelineHasTwoStages(int blocks, int steps) {
    int[] in = Numbers.bits(3, blocks * steps * 256);
    NdArray out = cuda.empty(DType.I32, blocks * 64);
    cuda.launch("library_pipeline", SimLaunch.of(blocks, 64), steps, cuda.ints(in), out);
    int[] expected = new int[blocks * 64];
    for (int i = 0; i < expected.length; i++) {
      for (int s = 0; s < steps; s++) {
        int at = ((i / 64 * steps + s) * 64 + i % 64) * 4;
        expected[i] += in[at] - in[at + 1] + in[at + 2] * in[at + 3];
      }
    }
    assertThat(out.toLongs()).isEqualTo(longs(expected));
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 2", "3, 9"})
  void theLibrarysPipelineLetsWarpsProduceForOthers(int blocks, int steps) {
    int[] in = Numbers.bits(4, blocks * steps * 64);
    NdArray out = cuda.empty(DType.I32, blocks * 64);
    cuda.launch("library_roles", SimLaunch.of(blocks, 128), steps, cuda.ints(in), out);
    int[] expected = new int[blocks * 64];
    for (int i = 0; i < expected.length; i++) {
      for (int s = 0; s < steps; s++) {
        expected[i] = expected[i] * 2 + in[(i / 64 * steps + s) * 64 + 63 - i % 64];
      }
    }
    assertThat(out.toLongs()).isEqualTo(longs(expected));
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 2", "3, 6"})
  void aGroupWaitsForItsCopiesByNumber(int blocks, int steps) {
    int[] in = Numbers.ints(5, blocks * steps * 128, -1000, 1000);
    NdArray out = cuda.empty(DType.I32, blocks * 128);
    cuda.launch("group_copies", SimLaunch.of(blocks, 128), steps, cuda.ints(in), out);
    int[] sums = new int[blocks * 128];
    for (int i = 0; i < sums.length; i++) {
      for (int s = 0; s < steps; s++) {
        int from = (i / 128 * steps + s) * 128;
        sums[i] += in[from + (i % 128 * 5 + s) % 128] * (s + 1);
      }
    }
    int[] expected = new int[sums.length];
    for (int i = 0; i < sums.length; i++) {
      int first = i / 32 * 32;
      int before = Arrays.stream(sums, first, i).sum();
      expected[i] = before ^ Arrays.stream(sums, first, first + 32).max().orElseThrow();
    }
    assertThat(out.toLongs()).isEqualTo(longs(expected));
  }

  @ParameterizedTest
  @CsvSource({"1, 32", "24, 1", "17, 64"})
  void blocksPassATicketLockInOrder(int blocks, int threads) {
    int[] factors = Numbers.bits(6, blocks);
    NdArray next = cuda.zeros(DType.I32, 1);
    NdArray serving = cuda.zeros(DType.I32, 1);
    NdArray value = cuda.ints(5);
    NdArray tickets = cuda.empty(DType.I32, blocks);
    SimLaunch launch = SimLaunch.of(blocks, threads);
    cuda.launch("ticket_lock", launch, next, serving, value, cuda.ints(factors), tickets);
    int expected = 5;
    for (int ticket = 0; ticket < blocks; ticket++) {
      expected = expected * factors[ticket] + ticket;
    }
    assertThat(value.toLongs()).containsExactly(expected);
    assertThat(tickets.toLongs()).containsExactlyInAnyOrder(LongStream.range(0, blocks).toArray());
    assertThat(serving.toLongs()).containsExactly(blocks);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 100, 1000})
  void atomicsReferToPlainMemory(int n) {
    int[] x = Numbers.ints(7, n, -1_000_000, 1_000_000);
    NdArray largest = cuda.array(DType.FP64, Double.NEGATIVE_INFINITY);
    NdArray sum = cuda.zeros(DType.FP64, 1);
    NdArray bits = cuda.longs(0);
    cuda.launch(
        "atomic_refs",
        SimLaunch.of(Grid.cdiv(n, 128), 128),
        n,
        cuda.array(DType.FP64, Numbers.doubles(x)),
        largest,
        sum,
        bits);
    long expectedBits = 0;
    for (int i = 0; i < n; i++) {
      expectedBits |= 1L << i * 7 % 64;
    }
    // All change bit 63 as well, in an order of their own.
    assertThat(bits.toLongs()[0] | Long.MIN_VALUE).isEqualTo(expectedBits | Long.MIN_VALUE);
    assertThat(largest.toDoubles()).containsExactly(Arrays.stream(x).max().orElseThrow());
    assertThat(sum.toDoubles()).containsExactly(Arrays.stream(x).sum());
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "3, 12", "1, 33"})
  void aSemaphoreAdmitsThreeThreads(int blocks, int threads) {
    NdArray most = cuda.empty(DType.I32, blocks);
    NdArray left = cuda.empty(DType.I32, blocks);
    cuda.launch("slots", SimLaunch.of(blocks, threads), most, left);
    assertThat(LongStream.of(most.toLongs()))
        .allMatch(peak -> peak >= 1 && peak <= Math.min(3, threads));
    assertThat(left.toLongs()).containsOnly(0);
  }

  private static long[] longs(int[] values) {
    return Arrays.stream(values).asLongStream().toArray();
  }
}
