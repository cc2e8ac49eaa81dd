package dev.kiln.ops.classical;

import java.util.Arrays;

/**
 * Anomalies as rows of low density, where the density is a product of Gaussians, one for each
 * feature. Immutable.
 */
public final class GaussianAnomaly {
  private static final String NAME = "GaussianAnomaly";

  private final double[] means;
  private final double[] variances;

  private GaussianAnomaly(double[] means, double[] variances) {
    this.means = means;
    this.variances = variances;
  }

  /**
   * Takes mean and variance (over {@code n}) of each feature from rows that are taken for normal.
   *
   * @throws dev.kiln.runtime.KilnException if there are no rows, numbers are not finite, or a
   *     feature is the same in all rows, for its density would be infinite
   */
  public static GaussianAnomaly fit(double[][] rows) {
    Inputs.rows(NAME, rows);
    double[] means = Moments.means(rows);
    double[] variances = Moments.variances(rows, means);
    for (int j = 0; j < variances.length; j++) {
      if (variances[j] == 0) {
        throw Inputs.fault(NAME, "column " + j + " is the same in all rows: leave it out");
      }
    }
    return new GaussianAnomaly(means, variances);
  }

  public double[] means() {
    return means.clone();
  }

  public double[] variances() {
    return variances.clone();
  }

  /** The density's logarithm: it stays finite where the density itself becomes 0. */
  public double logDensity(double[] row) {
    Inputs.row(NAME, "the row", row, means.length);
    double sum = 0;
    for (int j = 0; j < row.length; j++) {
      double deviation = row[j] - means[j];
      sum -= (deviation * deviation / variances[j] + Math.log(2 * Math.PI * variances[j])) / 2;
    }
    return sum;
  }

  /** The product of the features' densities. */
  public double density(double[] row) {
    return Math.exp(logDensity(row));
  }

  /**
   * Where to draw the line.
   *
   * @param logDensity rows below it are anomalies
   * @param f1 {@code 2PR/(P + R)} of the rows it was chosen by, 0 where undefined
   */
  public record Threshold(double logDensity, double f1) {}

  /**
   * The threshold with the best F1; of equally good ones the lowest.
   *
   * @param rows whose class is known
   * @param anomalous whether each is an anomaly
   * @throws dev.kiln.runtime.KilnException if none is, for then every F1 is 0
   */
  public Threshold threshold(double[][] rows, boolean[] anomalous) {
    Inputs.rows(NAME, rows);
    Inputs.sameLength(NAME, "classes", anomalous.length, rows.length);
    double[] logs = Arrays.stream(rows).mapToDouble(this::logDensity).toArray();
    Threshold best = new Threshold(Double.NEGATIVE_INFINITY, 0);
    boolean isAny = false;
    for (int i = 0; i < rows.length; i++) {
      isAny |= anomalous[i];
      // Just above a row's density, so that the row itself is below.
      double line = Math.nextUp(logs[i]);
      double f1 = f1(logs, anomalous, line);
      if (f1 > best.f1() || f1 == best.f1() && f1 > 0 && line < best.logDensity()) {
        best = new Threshold(line, f1);
      }
    }
    if (!isAny) {
      throw Inputs.fault(NAME, "a threshold needs at least one anomaly among the rows");
    }
    return best;
  }

  private static double f1(double[] logs, boolean[] anomalous, double line) {
    int found = 0;
    int right = 0;
    int wanted = 0;
    for (int i = 0; i < logs.length; i++) {
      boolean isFound = logs[i] < line;
      found += isFound ? 1 : 0;
      wanted += anomalous[i] ? 1 : 0;
      right += isFound && anomalous[i] ? 1 : 0;
    }
    // 2PR/(P + R) with P = right/found and R = right/wanted.
    return right == 0 ? 0 : 2.0 * right / (found + wanted);
  }

  /** Whether a row's density is below the threshold. */
  public boolean isAnomaly(double[] row, Threshold threshold) {
    return logDensity(row) < threshold.logDensity();
  }
}
