package dev.kiln.tests.sim;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.tests.kernels.ErrorRule;

/**
 * Random queries, keys and values, and what attention makes of them: {@code softmax(scale q k^T) v}
 * for each head.
 *
 * @param dtype of inputs, probabilities and outputs; sums are in fp32
 * @param size of a head
 */
record Attention(
    DType dtype,
    int heads,
    int length,
    int size,
    boolean causal,
    float scale,
    double[] q,
    double[] k,
    double[] v) {
  static Attention random(DType dtype, int heads, int length, int size, boolean causal) {
    int n = heads * length * size;
    return new Attention(
        dtype,
        heads,
        length,
        size,
        causal,
        (float) (1 / Math.sqrt(size)),
        Numbers.normal(dtype, 1, n),
        Numbers.normal(dtype, 2, n),
        Numbers.normal(dtype, 3, n));
  }

  /** Checks a result by the error rule. */
  void check(double[] actual) {
    Rounding round = Rounding.to(dtype);
    double[] plain = round.of(outputs(Rounding.FP32, round));
    double[] exact = outputs(Rounding.EXACT, Rounding.EXACT);
    ErrorRule.check("attention", dtype, actual, plain, exact);
  }

  private double[] outputs(Rounding arithmetic, Rounding probability) {
    double[] out = new double[q.length];
    for (int row = 0; row < heads * length; row++) {
      int first = row / length * length;
      int count = causal ? row - first + 1 : length;
      double[] p = probabilities(arithmetic, row, first, count);
      for (int d = 0; d < size; d++) {
        double sum = 0;
        for (int j = 0; j < count; j++) {
          double term = probability.of(p[j]) * v[(first + j) * size + d];
          sum = arithmetic.of(sum + arithmetic.of(term));
        }
        out[row * size + d] = sum;
      }
    }
    return out;
  }

  private double[] probabilities(Rounding r, int row, int first, int count) {
    double[] p = new double[count];
    double top = Double.NEGATIVE_INFINITY;
    for (int j = 0; j < count; j++) {
      double sum = 0;
      for (int d = 0; d < size; d++) {
        sum = r.of(sum + r.of(q[row * size + d] * k[(first + j) * size + d]));
      }
      p[j] = r.of(sum * scale);
      top = Math.max(top, p[j]);
    }
    double sum = 0;
    for (int j = 0; j < count; j++) {
      p[j] = r.of(Math.exp(r.of(p[j] - top)));
      sum = r.of(sum + p[j]);
    }
    for (int j = 0; j < count; j++) {
      p[j] = r.of(p[j] / sum);
    }
    return p;
  }
}
