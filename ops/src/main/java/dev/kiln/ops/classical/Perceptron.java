package dev.kiln.ops.classical;

/**
 * Rosenblatt's perceptron (1958): {@code w} and {@code b} start at zero, and every sample with
 * {@code y (w.x + b) <= 0} is added, {@code w += y x, b += y}. The "=" matters: at zero every
 * sample counts as wrong, otherwise nothing would ever move.
 *
 * @param model the separating plane
 * @param updates how many samples were added
 * @param converged whether the last pass found nothing wrong; never, if no plane separates them
 */
public record Perceptron(LinearModel model, int updates, boolean converged) {
  private static final String NAME = "Perceptron";

  /**
   * @param x a row for each sample
   * @param y -1 or 1 for each sample
   * @param passes the most passes over the samples, in their order, at least 1
   * @throws dev.kiln.runtime.KilnException if there are no samples, numbers are not finite, or a
   *     goal is neither -1 nor 1
   */
  public static Perceptron fit(double[][] x, int[] y, int passes) {
    int d = Inputs.rows(NAME, x);
    Inputs.sameLength(NAME, "goals", y.length, x.length);
    Inputs.atLeast(NAME, "the number of passes", passes, 1);
    for (int i = 0; i < y.length; i++) {
      if (y[i] != -1 && y[i] != 1) {
        throw Inputs.fault(NAME, "goals must be -1 or 1, but goal " + i + " is " + y[i]);
      }
    }
    double[] w = new double[d];
    double b = 0;
    int updates = 0;
    boolean isWrong = true;
    for (int pass = 0; pass < passes && isWrong; pass++) {
      isWrong = false;
      for (int i = 0; i < x.length; i++) {
        double z = b;
        for (int j = 0; j < d; j++) {
          z += w[j] * x[i][j];
        }
        if (y[i] * z <= 0) {
          for (int j = 0; j < d; j++) {
            w[j] += y[i] * x[i][j];
          }
          b += y[i];
          updates++;
          isWrong = true;
        }
      }
    }
    return new Perceptron(new LinearModel(w, b), updates, !isWrong);
  }

  /** -1 or 1; 0 on the plane. */
  public int classify(double[] x) {
    return (int) Math.signum(model.of(x));
  }
}
