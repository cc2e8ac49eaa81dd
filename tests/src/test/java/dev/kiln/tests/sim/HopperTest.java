package dev.kiln.tests.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.reference.MatmulReference;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.SimLaunch;
import dev.kiln.runtime.sim.TensorMap;
import dev.kiln.runtime.sim.TensorMap.DataType;
import dev.kiln.runtime.sim.TensorMap.Swizzle;
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
class HopperTest {
  private static final int TILE = 64 * 64 * 2;

  @RegisterExtension final CudaKernels cuda;

  HopperTest(Way way) {
    cuda = new CudaKernels("hopper", way);
  }

  @ParameterizedTest
  @CsvSource({"64, 64, 64", "64, 128, 192", "128, 192, 320"})
  void tmaFeedsWgmmaInTwoStages(int m, int n, int k) {
    multiply("wgmma_tma", m, n, k, 128, 4 * TILE);
  }

  /** The first needs fewer stages than there are; the last goes around them more than twice. */
  @ParameterizedTest
  @CsvSource({"64, 64, 128", "128, 64, 192", "128, 192, 448"})
  void aWarpThatLoadsFeedsAWarpgroupThatMultiplies(int m, int n, int k) {
    multiply("wgmma_specialised", m, n, k, 256, 6 * TILE);
  }

  private void multiply(String entry, int m, int n, int k, int threads, long shared) {
    Product product = Product.random(DType.FP16, m, n, k);
    NdArray a = cuda.array(DType.FP16, product.a());
    NdArray b = cuda.array(DType.FP16, product.bByColumns());
    NdArray c = cuda.empty(DType.FP32, m * n);
    cuda.launch(
        entry,
        SimLaunch.of(Grid.of(n / 64, m / 64), Grid.of(threads)).withShared(shared),
        n,
        k,
        tiles(a, k, m),
        tiles(b, k, n),
        c);
    product.check("product", DType.FP32, c.toDoubles());
  }

  private static TensorMap tiles(NdArray halves, int columns, int rows) {
    return TensorMap.tiled(DataType.FLOAT16, halves.address(), columns, rows)
        .box(64, 64)
        .swizzle(Swizzle.BYTES_128)
        .build();
  }

  @ParameterizedTest
  @CsvSource({"1, 2, 32", "100, 2, 64", "5000, 6, 96", "3000, 2, 200"})
  void blocksOfAClusterCountInEachOthersMemory(int n, int blocks, int threads) {
    int[] x = Numbers.ints(1, n, 0, 256);
    NdArray bins = cuda.zeros(DType.I32, 256);
    cuda.launch(
        "cluster_histogram",
        SimLaunch.of(blocks, threads),
        n,
        cuda.array(DType.U8, Numbers.doubles(x)),
        bins);
    long[] expected = new long[256];
    for (int value : x) {
      expected[value]++;
    }
    assertThat(bins.toLongs()).isEqualTo(expected);
  }

  /** The map of 40 rows ends inside of a tile: nothing beyond it may be read or written. */
  @ParameterizedTest
  @CsvSource({"16, 32", "48, 64", "40, 256"})
  void oneLoadFillsTheTilesOfAWholeCluster(int rows, int threads) {
    double[] x = Numbers.normal(DType.FP32, 2, rows * 32);
    NdArray in = cuda.array(DType.FP32, x);
    NdArray out = cuda.empty(DType.FP32, rows * 64);
    cuda.launch(
        "multicast_scale",
        SimLaunch.of(2 * Grid.cdiv(rows, 16), threads),
        TensorMap.tiled(DataType.FLOAT32, in.address(), 32, rows).box(32, 16).build(),
        TensorMap.tiled(DataType.FLOAT32, out.address(), 64, rows).box(32, 16).build());
    assertThat(out.toDoubles())
        .isEqualTo(
            IntStream.range(0, rows * 64)
                .mapToDouble(i -> (float) (x[i / 64 * 32 + i % 32] * (i % 64 / 32 + 2)))
                .toArray());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 33})
  void bulkReductionsOfAllBlocksAddUp(int blocks) {
    int[] x = Numbers.ints(3, blocks * 256, -1000, 1000);
    NdArray sums = cuda.zeros(DType.FP32, 256);
    cuda.launch(
        "bulk_sums", SimLaunch.of(blocks, 256), cuda.array(DType.FP32, Numbers.doubles(x)), sums);
    double[] expected = new double[256];
    for (int i = 0; i < x.length; i++) {
      expected[i % 256] += 2 * x[i];
    }
    assertThat(sums.toDoubles()).isEqualTo(expected);
  }

  @Test
  void stmatrixTransposes() {
    double[] x = Numbers.normal(DType.FP16, 4, 256);
    NdArray out = cuda.empty(DType.FP16, 256);
    cuda.launch("transpose_stmatrix", SimLaunch.of(1, 32), cuda.array(DType.FP16, x), out);
    assertThat(out.toDoubles()).isEqualTo(MatmulReference.transpose(x, 16, 16));
  }
}
