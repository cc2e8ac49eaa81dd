package dev.kiln.tests.sim;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.reference.MatmulReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.tests.kernels.ErrorRule;
import java.util.function.UnaryOperator;

/**
 * Random matrices and their product.
 *
 * @param a {@code m x k}, by rows
 * @param b {@code k x n}, by rows
 */
record Product(int m, int n, int k, double[] a, double[] b) {
  static Product random(DType dtype, int m, int n, int k) {
    return new Product(m, n, k, Numbers.normal(dtype, 1, m * k), Numbers.normal(dtype, 2, k * n));
  }

  /** Each 8 bits. */
  static Product ofBytes(int m, int n, int k) {
    return new Product(
        m,
        n,
        k,
        Numbers.doubles(Numbers.ints(1, m * k, -128, 128)),
        Numbers.doubles(Numbers.ints(2, k * n, -128, 128)));
  }

  /** A by columns: {@code k x m}. */
  double[] aByColumns() {
    return MatmulReference.transpose(a, m, k);
  }

  /** B by columns: {@code n x k}. */
  double[] bByColumns() {
    return MatmulReference.transpose(b, k, n);
  }

  /** The product of other matrices of the same shape. */
  Product with(UnaryOperator<double[]> change) {
    return new Product(m, n, k, change.apply(a), change.apply(b));
  }

  double[] exact() {
    return by(Rounding.EXACT);
  }

  /** Each operation rounded. */
  double[] by(Rounding rounding) {
    return MatmulReference.product(rounding, a, b, null, Activation.NONE, m, n, k);
  }

  /** Checks a result whose sums are in fp32 by the error rule. */
  void check(String what, DType result, double[] actual) {
    double[] plain = Rounding.to(result).of(by(Rounding.FP32));
    ErrorRule.check(what, result, actual, plain, exact());
  }
}
