package dev.kiln.tests.sim;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.SimLaunch;
import dev.kiln.runtime.sim.TensorMap;
import dev.kiln.runtime.sim.TensorMap.DataType;
import dev.kiln.runtime.sim.TensorMap.Swizzle;
import dev.kiln.tests.kernels.ErrorRule;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(Way.class)
class WgmmaFormsTest {
  @RegisterExtension final CudaKernels cuda;

  WgmmaFormsTest(Way way) {
    cuda = new CudaKernels("wgmma_forms", way);
  }

  /** A matrix in memory, row after row, with the tile that a load takes. */
  private TensorMap map(
      DType dtype, double[] values, int columns, int tileColumns, int tileRows, Swizzle swizzle) {
    NdArray matrix = cuda.array(dtype, values);
    DataType type =
        switch (dtype) {
          case FP16 -> DataType.FLOAT16;
          case BF16 -> DataType.BFLOAT16;
          default -> DataType.UINT8;
        };
    return TensorMap.tiled(type, matrix.address(), columns, values.length / columns)
        .box(tileColumns, tileRows)
        .swizzle(swizzle)
        .build();
  }

  private TensorMap map(DType dtype, double[] values, int columns, int tileRows) {
    int tileColumns = 128 / dtype.bytes();
    return map(dtype, values, columns, tileColumns, tileRows, Swizzle.BYTES_128);
  }

  private void launch(String entry, int m, int n, int tile, Object... arguments) {
    cuda.launch(entry, SimLaunch.of(Grid.of(n / tile, m / 64), Grid.of(128)), arguments);
  }

  @ParameterizedTest
  @CsvSource({"64, 64, 64", "128, 64, 192", "64, 192, 128"})
  void aComesFromRegistersAndBIsTransposed(int m, int n, int k) {
    Product product = Product.random(DType.FP16, m, n, k);
    NdArray a = cuda.array(DType.FP16, product.a());
    NdArray c = cuda.empty(DType.FP32, m * n);
    launch("wgmma_registers", m, n, 64, n, k, a, map(DType.FP16, product.b(), n, 64), c);
    product.check("product", DType.FP32, c.toDoubles());
  }

  @ParameterizedTest
  @CsvSource({"64, 128, 64", "128, 128, 192", "64, 256, 128"})
  void bothAreTransposed(int m, int n, int k) {
    Product product = Product.random(DType.BF16, m, n, k);
    TensorMap a = map(DType.BF16, product.aByColumns(), m, 64);
    TensorMap b = map(DType.BF16, product.b(), n, 64);
    NdArray c = cuda.empty(DType.FP32, m * n);
    launch("wgmma_bf16_across", m, n, 128, n, k, a, b, c);
    product.check("product", DType.FP32, c.toDoubles());
  }

  @ParameterizedTest
  @CsvSource({"64, 128, 64", "128, 128, 192", "64, 256, 128"})
  void bf16HasATileOf128Columns(int m, int n, int k) {
    Product product = Product.random(DType.BF16, m, n, k);
    TensorMap a = map(DType.BF16, product.a(), k, 64);
    TensorMap b = map(DType.BF16, product.bByColumns(), k, 128);
    NdArray c = cuda.empty(DType.FP32, m * n);
    launch("wgmma_bf16", m, n, 128, n, k, a, b, c);
    product.check("product", DType.FP32, c.toDoubles());
  }

  @ParameterizedTest
  @CsvSource({
    "wgmma_swizzle64, BYTES_64, 32, 64, 64, 32",
    "wgmma_swizzle64, BYTES_64, 32, 128, 64, 160",
    "wgmma_swizzle32, BYTES_32, 16, 64, 64, 16",
    "wgmma_swizzle32, BYTES_32, 16, 64, 128, 80",
    "wgmma_unswizzled, NONE, 8, 64, 64, 16",
    "wgmma_unswizzled, NONE, 8, 128, 128, 48"
  })
  void tilesAreNarrow(String entry, Swizzle swizzle, int width, int m, int n, int k) {
    Product product = Product.random(DType.FP16, m, n, k);
    TensorMap a = map(DType.FP16, product.a(), k, width, 64, swizzle);
    TensorMap b = map(DType.FP16, product.bByColumns(), k, width, 64, swizzle);
    NdArray c = cuda.empty(DType.FP32, m * n);
    launch(entry, m, n, 64, n, k, a, b, c);
    product.check("product", DType.FP32, c.toDoubles());
  }

  @ParameterizedTest
  @CsvSource({"64, 64, 128", "128, 64, 384", "64, 128, 256"})
  void eightBitFloatsMultiply(int m, int n, int k) {
    Product product = Product.random(DType.FP8E4NV, m, n, k);
    TensorMap a = map(DType.FP8E4NV, product.a(), k, 64);
    TensorMap b = map(DType.FP8E4NV, product.bByColumns(), k, 64);
    NdArray c = cuda.empty(DType.FP32, m * n);
    launch("wgmma_fp8", m, n, 64, n, k, a, b, c);
    product.check("product", DType.FP32, c.toDoubles());
  }

  @ParameterizedTest
  @CsvSource({"64, 64, 64", "64, 128, 128"})
  void complexMatricesMultiplyInTwoGroups(int m, int n, int k) {
    double[] real = Numbers.normal(DType.FP16, 1, 2 * m * k);
    double[] other = Numbers.normal(DType.FP16, 2, 2 * n * k);
    // (ar + i ai) (br + i bi): the parts of a side by side along k, with those of b to match.
    Product re = new Product(m, n, 2 * k, real, sideBySide(other, n, k, false));
    Product im = new Product(m, n, 2 * k, real, sideBySide(other, n, k, true));
    NdArray outRe = cuda.empty(DType.FP32, m * n);
    NdArray outIm = cuda.empty(DType.FP32, m * n);
    launch(
        "wgmma_complex",
        m,
        n,
        64,
        n,
        k,
        half(real, m, k, 0),
        half(real, m, k, k),
        half(other, n, k, 0),
        half(other, n, k, k),
        outRe,
        outIm);
    re.check("real part", DType.FP32, outRe.toDoubles());
    im.check("imaginary part", DType.FP32, outIm.toDoubles());
  }

  /** The real or the imaginary parts of rows that hold both. */
  private TensorMap half(double[] values, int rows, int k, int from) {
    double[] part = new double[rows * k];
    for (int i = 0; i < part.length; i++) {
      part[i] = values[i / k * 2 * k + from + i % k];
    }
    return map(DType.FP16, part, k, 64);
  }

  /** By rows: (br, -bi) or (bi, br), transposed. */
  private static double[] sideBySide(double[] values, int n, int k, boolean swapped) {
    double[] b = new double[2 * k * n];
    for (int j = 0; j < n; j++) {
      for (int l = 0; l < k; l++) {
        double br = values[j * 2 * k + l];
        double bi = values[j * 2 * k + k + l];
        b[l * n + j] = swapped ? bi : br;
        b[(k + l) * n + j] = swapped ? br : -bi;
      }
    }
    return b;
  }

  @ParameterizedTest
  @CsvSource({"64, 32, 64", "128, 96, 192"})
  void sumsAreHalves(int m, int n, int k) {
    Product product = Product.random(DType.FP16, m, n, k);
    TensorMap a = map(DType.FP16, product.a(), k, 64);
    TensorMap b = map(DType.FP16, product.bByColumns(), k, 32);
    NdArray c = cuda.empty(DType.FP16, m * n);
    launch("wgmma_half_sums", m, n, 32, n, k, a, b, c);
    double[] plain = product.by(Rounding.to(DType.FP16));
    ErrorRule.check("product", DType.FP16, c.toDoubles(), plain, product.exact());
  }
}
