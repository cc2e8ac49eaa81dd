package dev.kiln.ops.classical;

import java.util.Arrays;

/**
 * A function {@code w.x + b}, and the regression that has a closed form.
 *
 * @param weights one for each feature
 * @param bias what is added
 */
public record LinearModel(double[] weights, double bias) {
  private static final String NAME = "LinearModel";

  public LinearModel {
    weights = weights.clone();
  }

  @Override
  public double[] weights() {
    return weights.clone();
  }

  /**
   * {@code w.x + b}.
   *
   * @throws dev.kiln.runtime.KilnException if the number of features is another
   */
  public double of(double[] x) {
    Inputs.sameLength(NAME, "features", x.length, weights.length);
    double sum = bias;
    for (int j = 0; j < x.length; j++) {
      sum += weights[j] * x[j];
    }
    return sum;
  }

  /**
   * Least squares by the normal equations, solved by Cholesky's decomposition: the minimum of
   * {@code J = 1/(2m) sum (w.x + b - y)^2 + ridge/2 |w|^2}.
   *
   * @param x a row for each sample
   * @param y a number for each sample
   * @param ridge at least 0; the bias is not held down
   * @throws dev.kiln.runtime.KilnException if there are no samples, numbers are not finite, or
   *     columns depend on each other and {@code ridge} is 0
   */
  public static LinearModel leastSquares(double[][] x, double[] y, double ridge) {
    int d = Inputs.rows(NAME, x);
    Inputs.sameLength(NAME, "goals", y.length, x.length);
    Inputs.finite(NAME, "goals", y);
    Inputs.notNegative(NAME, "the ridge", ridge);
    double[] means = Moments.means(x);
    double meanOfY = Arrays.stream(y).average().orElseThrow();
    // Around the means, where the equations are better conditioned and need no bias.
    double[][] products = new double[d][d];
    double[] right = new double[d];
    for (int i = 0; i < x.length; i++) {
      for (int j = 0; j < d; j++) {
        double xj = (x[i][j] - means[j]) / x.length;
        right[j] += xj * (y[i] - meanOfY);
        for (int k = 0; k <= j; k++) {
          products[j][k] += xj * (x[i][k] - means[k]);
        }
      }
    }
    for (int j = 0; j < d; j++) {
      products[j][j] += ridge;
    }
    double[] weights = Cholesky.of(NAME, products).solve(right);
    double bias = meanOfY - new LinearModel(weights, 0).of(means);
    return new LinearModel(weights, bias);
  }
}
