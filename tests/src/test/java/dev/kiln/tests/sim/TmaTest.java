package dev.kiln.tests.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.reference.MatmulReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.SimLaunch;
import dev.kiln.runtime.sim.TensorMap;
import dev.kiln.runtime.sim.TensorMap.DataType;
import dev.kiln.runtime.sim.TensorMap.Swizzle;
import dev.kiln.tests.kernels.ErrorRule;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(Way.class)
class TmaTest {
  @RegisterExtension final CudaKernels cuda;

  TmaTest(Way way) {
    cuda = new CudaKernels("tma", way);
  }

  @ParameterizedTest
  @CsvSource({"16, 8, 2", "20, 8, 4", "40, 19, 4", "4, 3, 2"})
  void boxesOfAConvolutionOverlapAndReachOutOfTheImage(int width, int height, int channels) {
    Convolution convolution = Convolution.random(width, height, channels);
    float[] all = new float[4 * 9];
    for (int i = 0; i < convolution.weights.length; i++) {
      all[i] = (float) convolution.weights[i];
    }
    cuda.module().variable("weights").copyFrom(MemorySegment.ofArray(all), 0);
    NdArray in = cuda.array(DType.FP32, convolution.image);
    NdArray out = cuda.empty(DType.FP32, width * height);
    cuda.launch(
        "convolution_tma",
        SimLaunch.of(Grid.of(Grid.cdiv(width, 16), Grid.cdiv(height, 8)), Grid.of(128)),
        width,
        height,
        channels,
        TensorMap.tiled(DataType.FLOAT32, in.address(), width, height, channels)
            .box(20, 10, 2)
            .build(),
        out);
    double[] plain = convolution.by(Rounding.FP32);
    double[] exact = convolution.by(Rounding.EXACT);
    ErrorRule.check("convolution", DType.FP32, out.toDoubles(), plain, exact);
  }

  private record Convolution(
      int width, int height, int channels, double[] image, double[] weights) {
    static Convolution random(int width, int height, int channels) {
      return new Convolution(
          width,
          height,
          channels,
          Numbers.normal(DType.FP32, 1, width * height * channels),
          Numbers.normal(DType.FP32, 2, 9 * channels));
    }

    double[] by(Rounding r) {
      double[] out = new double[width * height];
      for (int i = 0; i < out.length; i++) {
        for (int tap = 0; tap < 9 * channels; tap++) {
          double x = pixel(i % width + tap % 3 - 1, i / width + tap / 3 % 3 - 1, tap / 9);
          out[i] = r.of(out[i] + r.of(x * weights[tap]));
        }
      }
      return out;
    }

    private double pixel(int x, int y, int channel) {
      boolean inside = x >= 0 && x < width && y >= 0 && y < height;
      return inside ? image[(channel * height + y) * width + x] : 0;
    }
  }

  /** Rows and columns need not be whole tiles. */
  @ParameterizedTest
  @CsvSource({"32, 32", "64, 96", "36, 100"})
  void tilesAreTransposedThroughSwizzledMemory(int rows, int columns) {
    double[] x = Numbers.doubles(Numbers.ints(3, rows * columns, -10_000, 10_000));
    NdArray in = cuda.array(DType.FP32, x);
    NdArray out = cuda.empty(DType.FP32, x.length);
    cuda.launch(
        "transpose_tma",
        SimLaunch.of(Grid.of(Grid.cdiv(columns, 32), Grid.cdiv(rows, 32)), Grid.of(256)),
        swizzled(in, columns, rows),
        swizzled(out, rows, columns));
    assertThat(out.toDoubles()).isEqualTo(MatmulReference.transpose(x, rows, columns));
  }

  private static TensorMap swizzled(NdArray array, int columns, int rows) {
    return TensorMap.tiled(DataType.FLOAT32, array.address(), columns, rows)
        .box(32, 32)
        .swizzle(Swizzle.BYTES_128)
        .build();
  }

  /** The last blocks' tiles lie partly or wholly outside. */
  @ParameterizedTest
  @CsvSource({"1, 0", "5, 3", "9, 16", "12, -4"})
  void tilesAreReducedIntoMemory(int blocks, int step) {
    int width = 40;
    int height = 56;
    int[] x = Numbers.ints(4, blocks * 256, -1000, 1000);
    NdArray sums = cuda.zeros(DType.I32, width * height);
    NdArray largest = cuda.zeros(DType.I32, width * height);
    cuda.launch(
        "reduce_tma",
        SimLaunch.of(blocks, 96),
        step,
        cuda.ints(x),
        integers(sums, width, height),
        integers(largest, width, height));
    long[] expectedSums = new long[width * height];
    long[] expectedLargest = new long[width * height];
    for (int i = 0; i < x.length; i++) {
      int block = i / 256;
      int column = block * step + i % 16;
      int row = block * 8 + i % 256 / 16;
      if (column >= 0 && column < width && row < height) {
        int at = row * width + column;
        expectedSums[at] += x[i];
        expectedLargest[at] = Math.max(expectedLargest[at], x[i]);
      }
    }
    assertThat(sums.toLongs()).isEqualTo(expectedSums);
    assertThat(largest.toLongs()).isEqualTo(expectedLargest);
  }

  private static TensorMap integers(NdArray array, int columns, int rows) {
    return TensorMap.tiled(DataType.INT32, array.address(), columns, rows).box(16, 16).build();
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "3, 2", "2, 4", "5, 21"})
  void rowsThatATableNamesAreGathered(int blocks, int rows) {
    int[] table = Numbers.ints(5, blocks * rows, 0, 50);
    int[] in = Numbers.ints(6, 50 * 64, -1000, 1000);
    NdArray out = cuda.empty(DType.FP32, blocks * 64);
    cuda.launch(
        "gather_bulk",
        SimLaunch.of(blocks, 64),
        rows,
        cuda.ints(table),
        cuda.array(DType.FP32, Numbers.doubles(in)),
        out);
    double[] expected = new double[blocks * 64];
    for (int i = 0; i < expected.length; i++) {
      for (int r = 0; r < rows; r++) {
        expected[i] += in[table[i / 64 * rows + r] * 64 + i % 64];
      }
    }
    assertThat(out.toDoubles()).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"4", "12"})
  void partsGoRoundARingOfBlocks(int blocks) {
    int[] in = Numbers.ints(7, blocks * 128, -1000, 1000);
    NdArray out = cuda.empty(DType.FP32, in.length);
    cuda.launch(
        "ring_sums", SimLaunch.of(blocks, 128), cuda.array(DType.FP32, Numbers.doubles(in)), out);
    double[] expected = new double[in.length];
    for (int i = 0; i < in.length; i++) {
      for (int rank = 0; rank < 4; rank++) {
        expected[i] += in[i / 512 * 512 + rank * 128 + i % 128];
      }
    }
    assertThat(out.toDoubles()).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"64, 256, 64", "64, 256, 192", "64, 512, 320"})
  void fourBlocksShareTheirRowsOfA(int m, int n, int k) {
    Product product = Product.random(DType.FP16, m, n, k);
    NdArray a = cuda.array(DType.FP16, product.a());
    NdArray b = cuda.array(DType.FP16, product.bByColumns());
    NdArray c = cuda.empty(DType.FP32, m * n);
    cuda.launch(
        "wgmma_multicast",
        SimLaunch.of(Grid.of(n / 64, m / 64), Grid.of(160)).withShared(4 * 8192),
        n,
        k,
        halves(a, k, m, 16),
        halves(b, k, n, 64),
        c);
    product.check("product", DType.FP32, c.toDoubles());
  }

  private static TensorMap halves(NdArray array, int columns, int rows, int tileRows) {
    return TensorMap.tiled(DataType.FLOAT16, array.address(), columns, rows)
        .box(64, tileRows)
        .swizzle(Swizzle.BYTES_128)
        .build();
  }
}
