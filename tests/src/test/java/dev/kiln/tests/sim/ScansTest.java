package dev.kiln.tests.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.SimLaunch;
import java.util.Arrays;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@ParameterizedClass
@EnumSource(Way.class)
class ScansTest {
  @RegisterExtension final CudaKernels cuda;

  ScansTest(Way way) {
    cuda = new CudaKernels("scans", way);
  }

  @ParameterizedTest
  @CsvSource({"1, 32", "7, 32", "31, 32", "33, 64", "200, 256", "1000, 1024", "1024, 1024"})
  void aBlockScansWhatItsThreadsHold(int n, int threads) {
    int[] x = Numbers.bits(1, n);
    NdArray out = cuda.empty(DType.I32, n);
    cuda.launch("scan_block", SimLaunch.of(1, threads), n, cuda.ints(x), out);
    assertThat(out.toLongs()).isEqualTo(prefixes(x));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 16, 64, 512})
  void aTreeInSharedMemoryScansExclusively(int threads) {
    int[] x = Numbers.bits(2, 2 * threads);
    NdArray out = cuda.empty(DType.I32, x.length);
    cuda.launch(
        "scan_blelloch", SimLaunch.of(1, threads).withShared(4L * x.length), cuda.ints(x), out);
    long[] expected = new long[x.length];
    System.arraycopy(prefixes(x), 0, expected, 1, x.length - 1);
    assertThat(out.toLongs()).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 255, 256, 257, 5000, 40_000})
  void blocksWaitForThePrefixesOfThoseBeforeThem(int n) {
    int[] x = Numbers.ints(3, n, -1000, 1000);
    int blocks = Grid.cdiv(n, 256);
    NdArray out = cuda.empty(DType.I32, n);
    NdArray state = cuda.zeros(DType.I64, blocks);
    cuda.launch("scan_chained", SimLaunch.of(blocks, 256), n, cuda.ints(x), out, state);
    assertThat(out.toLongs()).isEqualTo(prefixes(x));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 50})
  void lanesThatHoldTheSameKeyAddUpTheirValues(int blocks) {
    int n = 32 * blocks;
    int[] keys = Numbers.ints(4, n, 0, 9);
    int[] values = Numbers.bits(5, n);
    NdArray sums = cuda.zeros(DType.I32, 9);
    cuda.launch("sums_by_key", SimLaunch.of(blocks, 32), cuda.ints(keys), cuda.ints(values), sums);
    int[] expected = new int[9];
    for (int i = 0; i < n; i++) {
      expected[keys[i]] += values[i];
    }
    assertThat(sums.toLongs()).isEqualTo(Arrays.stream(expected).asLongStream().toArray());
  }

  private static long[] prefixes(int[] x) {
    int[] sums = x.clone();
    Arrays.parallelPrefix(sums, Integer::sum);
    return Arrays.stream(sums).asLongStream().toArray();
  }
}
