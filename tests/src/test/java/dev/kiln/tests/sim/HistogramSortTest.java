package dev.kiln.tests.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.SimLaunch;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
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
class HistogramSortTest {
  @RegisterExtension final CudaKernels cuda;

  HistogramSortTest(Way way) {
    cuda = new CudaKernels("histogram_sort", way);
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "1000, 2, 100", "10001, 3, 256"})
  void bytesAreCountedInSharedMemoryAndMerged(int n, int blocks, int threads) {
    int[] x = Numbers.ints(1, n, 0, 256);
    Arrays.fill(x, 0, n / 3, 77); // many threads at one counter
    NdArray bins = cuda.zeros(DType.I32, 256);
    NdArray bytes = cuda.array(DType.U8, Numbers.doubles(x));
    cuda.launch("histogram256", SimLaunch.of(blocks, threads), n, bytes, bins);
    long[] expected = new long[256];
    for (int i : x) {
      expected[i]++;
    }
    assertThat(bins.toLongs()).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void eachBlockSortsItsThousandKeys(int blocks) {
    int[] keys = Numbers.bits(2, 1024 * blocks);
    keys[5] = keys[900];
    NdArray sorted = cuda.ints(keys);
    cuda.launch("bitonic1024", SimLaunch.of(blocks, 512), sorted);
    long[] expected = Arrays.stream(keys).mapToLong(Integer::toUnsignedLong).toArray();
    for (int block = 0; block < blocks; block++) {
      Arrays.sort(expected, 1024 * block, 1024 * (block + 1));
    }
    assertThat(sorted.toLongs()).isEqualTo(Arrays.stream(expected).map(key -> (int) key).toArray());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 12, 28})
  void aPassOfARadixSortIsStable(int shift) {
    int[] keys = Numbers.bits(3, 32);
    NdArray out = cuda.empty(DType.I32, 32);
    cuda.launch("radix_pass32", SimLaunch.of(1, 32), shift, cuda.ints(keys), out);
    long[] expected =
        Arrays.stream(keys)
            .boxed()
            .sorted(Comparator.comparingInt(key -> key >>> shift & 15))
            .mapToLong(Integer::longValue)
            .toArray();
    assertThat(out.toLongs()).isEqualTo(expected);
  }

  @Test
  void passesOfARadixSortMakeAWholeOne() {
    int[] keys = Numbers.bits(4, 32);
    NdArray array = cuda.ints(keys);
    for (int shift = 0; shift < 32; shift += 4) {
      NdArray next = cuda.empty(DType.I32, 32);
      cuda.launch("radix_pass32", SimLaunch.of(1, 32), shift, array, next);
      array = next;
    }
    long[] expected = Arrays.stream(keys).mapToLong(Integer::toUnsignedLong).sorted().toArray();
    assertThat(Arrays.stream(array.toLongs()).map(key -> key & 0xffff_ffffL).toArray())
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"1, 32", "100, 64", "3001, 256"})
  void eachWarpKeepsItsPositiveElementsInOrder(int n, int threads) {
    int[] x = Numbers.ints(5, n, -1_000_000, 1_000_000);
    NdArray out = cuda.empty(DType.I32, n);
    NdArray count = cuda.ints(0);
    cuda.launch(
        "keep_positive", SimLaunch.of(Grid.cdiv(n, threads), threads), n, cuda.ints(x), out, count);
    int kept = (int) count.toLongs()[0];
    assertThat(kept).isEqualTo((int) Arrays.stream(x).filter(v -> v > 0).count());
    List<Long> places = Arrays.stream(out.toLongs()).limit(kept).boxed().toList();
    for (int warp = 0; warp < n; warp += 32) {
      List<Long> own =
          IntStream.range(warp, Math.min(n, warp + 32))
              .mapToObj(i -> (long) x[i])
              .filter(v -> v > 0)
              .toList();
      assertThat(Collections.indexOfSubList(places, own))
          .as("%s in %s", own, places)
          .isNotNegative();
    }
  }
}
