package dev.kiln.tests.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.SimLaunch;
import dev.kiln.tests.kernels.ErrorRule;
import java.math.BigDecimal;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(Way.class)
class TensorProductsTest {
  @RegisterExtension final CudaKernels cuda;

  TensorProductsTest(Way way) {
    cuda = new CudaKernels("tensor_products", way);
  }

  /** The first has fewer steps than the pipeline has stages. */
  @ParameterizedTest
  @CsvSource({"64, 64, 32", "64, 128, 64", "128, 192, 160"})
  void threeStagesOfCopiesFeedTheProductsOfHalves(int m, int n, int k) {
    Product product = Product.random(DType.FP16, m, n, k);
    NdArray c = cuda.empty(DType.FP16, m * n);
    cuda.launch(
        "hgemm_pipelined",
        SimLaunch.of(Grid.of(n / 64, m / 64), Grid.of(128)),
        n,
        k,
        cuda.array(DType.FP16, product.a()),
        cuda.array(DType.FP16, product.b()),
        c);
    product.check("product", DType.FP16, c.toDoubles());
  }

  @ParameterizedTest
  @CsvSource({"16, 8, 32", "32, 24, 96", "16, 40, 320"})
  void mmaMultipliesBytes(int m, int n, int k) {
    Product product = Product.ofBytes(m, n, k);
    NdArray c = cuda.empty(DType.I32, m * n);
    cuda.launch(
        "igemm_mma",
        SimLaunch.of(Grid.of(n / 8, m / 16), Grid.of(32)),
        n,
        k,
        cuda.array(DType.I8, product.a()),
        cuda.array(DType.I8, product.bByColumns()),
        c);
    assertThat(c.toDoubles()).isEqualTo(product.exact());
  }

  @ParameterizedTest
  @CsvSource({"8, 8, 4", "16, 24, 20", "24, 8, 64"})
  void mmaMultipliesDoubles(int m, int n, int k) {
    Product product = Product.random(DType.FP64, m, n, k);
    NdArray c = cuda.empty(DType.FP64, m * n);
    cuda.launch(
        "dgemm_mma",
        SimLaunch.of(Grid.of(n / 8, m / 8), Grid.of(32)),
        n,
        k,
        cuda.array(DType.FP64, product.a()),
        cuda.array(DType.FP64, product.bByColumns()),
        c);
    double[] plain = product.by(Rounding.EXACT);
    ErrorRule.check("product", DType.FP64, c.toDoubles(), plain, exact(product));
  }

  /** Double precision is not exact enough here. */
  private static double[] exact(Product product) {
    int n = product.n();
    double[] c = new double[product.m() * n];
    for (int i = 0; i < c.length; i++) {
      BigDecimal sum = BigDecimal.ZERO;
      for (int l = 0; l < product.k(); l++) {
        BigDecimal x = new BigDecimal(product.a()[i / n * product.k() + l]);
        sum = sum.add(x.multiply(new BigDecimal(product.b()[l * n + i % n])));
      }
      c[i] = sum.doubleValue();
    }
    return c;
  }

  @ParameterizedTest
  @CsvSource({"1, 64, false", "1, 64, true", "2, 192, false", "2, 192, true", "3, 128, true"})
  void attentionNeedsNoMemoryForScores(int heads, int length, boolean causal) {
    Attention attention = Attention.random(DType.FP16, heads, length, 64, causal);
    NdArray out = cuda.empty(DType.FP16, attention.q().length);
    cuda.launch(
        "attention_forward",
        SimLaunch.of(Grid.of(length / 64, heads), Grid.of(128)),
        length,
        causal ? 1 : 0,
        attention.scale(),
        cuda.array(DType.FP16, attention.q()),
        cuda.array(DType.FP16, attention.k()),
        cuda.array(DType.FP16, attention.v()),
        out);
    attention.check(out.toDoubles());
  }
}
