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

@ParameterizedClass
@EnumSource(Way.class)
class ProductsTest {
  @RegisterExtension final CudaKernels cuda;

  ProductsTest(Way way) {
    cuda = new CudaKernels("products", way);
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "8, 16, 4", "33, 37, 19", "5, 70, 64"})
  void aThreadSumsUpOneElement(int m, int n, int k) {
    Product product = Product.random(DType.FP32, m, n, k);
    NdArray c = cuda.empty(DType.FP32, m * n);
    cuda.launch(
        "product_naive",
        SimLaunch.of(Grid.of(Grid.cdiv(n, 16), Grid.cdiv(m, 8)), Grid.of(16, 8)),
        m,
        n,
        k,
        cuda.array(DType.FP32, product.a()),
        cuda.array(DType.FP32, product.b()),
        c);
    product.check("product", DType.FP32, c.toDoubles());
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "16, 16, 16", "33, 37, 19", "48, 20, 50"})
  void tilesInSharedMemoryAreCutAtTheBorders(int m, int n, int k) {
    Product product = Product.random(DType.FP32, m, n, k);
    NdArray c = cuda.empty(DType.FP32, m * n);
    cuda.launch(
        "product_tiled",
        SimLaunch.of(Grid.of(Grid.cdiv(n, 16), Grid.cdiv(m, 16)), Grid.of(16, 16)),
        m,
        n,
        k,
        cuda.array(DType.FP32, product.a()),
        cuda.array(DType.FP32, product.b()),
        c);
    product.check("product", DType.FP32, c.toDoubles());
  }

  @ParameterizedTest
  @CsvSource({"64, 64, 16", "128, 192, 48", "64, 128, 96"})
  void threadsHoldFourTimesFourSums(int m, int n, int k) {
    Product product = Product.random(DType.FP32, m, n, k);
    NdArray c = cuda.empty(DType.FP32, m * n);
    cuda.launch(
        "product_registers",
        SimLaunch.of(Grid.of(n / 64, m / 64), Grid.of(256)),
        n,
        k,
        cuda.array(DType.FP32, product.a()),
        cuda.array(DType.FP32, product.b()),
        c);
    product.check("product", DType.FP32, c.toDoubles());
  }

  @ParameterizedTest
  @CsvSource({"16, 16, 1", "32, 96, 3", "48, 64, 8", "16, 128, 32"})
  void blocksOfOneTileAddUpInTurn(int n, int k, int splits) {
    Product product = Product.random(DType.FP32, n, n, k);
    int tiles = n / 16 * (n / 16);
    NdArray c = cuda.empty(DType.FP32, n * n);
    NdArray turn = cuda.zeros(DType.I32, tiles);
    cuda.launch(
        "product_split_k",
        SimLaunch.of(tiles * splits, 256),
        n,
        k,
        splits,
        cuda.array(DType.FP32, product.a()),
        cuda.array(DType.FP32, product.b()),
        c,
        turn);
    product.check("product", DType.FP32, c.toDoubles());
    assertThat(turn.toLongs()).containsOnly(splits);
  }

  @ParameterizedTest
  @CsvSource({"16, 16, 16", "32, 48, 64", "48, 16, 112"})
  void wmmaMultipliesHalves(int m, int n, int k) {
    Product product = Product.random(DType.FP16, m, n, k);
    NdArray c = cuda.empty(DType.FP32, m * n);
    cuda.launch(
        "product_wmma",
        SimLaunch.of(Grid.of(n / 16, m / 16), Grid.of(32)),
        n,
        k,
        cuda.array(DType.FP16, product.a()),
        cuda.array(DType.FP16, product.b()),
        c);
    product.check("product", DType.FP32, c.toDoubles());
  }

  @ParameterizedTest
  @CsvSource({"16, 16, 8", "32, 48, 64", "16, 32, 40"})
  void wmmaMultipliesTf32(int m, int n, int k) {
    Product product = Product.random(DType.FP32, m, n, k);
    NdArray c = cuda.empty(DType.FP32, m * n);
    cuda.launch(
        "product_wmma_tf32",
        SimLaunch.of(Grid.of(n / 16, m / 16), Grid.of(32)),
        n,
        k,
        cuda.array(DType.FP32, product.a()),
        cuda.array(DType.FP32, product.b()),
        c);
    product.with(ProductsTest::tf32).check("product", DType.FP32, c.toDoubles());
  }

  /** Rounded to 10 bits after the point, to nearest, ties away from zero. */
  private static double[] tf32(double[] values) {
    return Arrays.stream(values)
        .map(x -> Float.intBitsToFloat(Float.floatToIntBits((float) x) + 0x1000 & ~0x1fff))
        .toArray();
  }

  @ParameterizedTest
  @CsvSource({"8, 16, 4", "32, 48, 64", "8, 32, 260"})
  void dp4aMultipliesFourBytes(int m, int n, int k) {
    Product product = Product.ofBytes(m, n, k);
    NdArray c = cuda.empty(DType.I32, m * n);
    cuda.launch(
        "product_dp4a",
        SimLaunch.of(Grid.of(n / 16, m / 8), Grid.of(16, 8)),
        n,
        k,
        cuda.array(DType.I8, product.a()),
        cuda.array(DType.I8, product.bByColumns()),
        c);
    assertThat(c.toDoubles()).isEqualTo(product.exact());
  }
}
