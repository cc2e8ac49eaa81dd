package dev.kiln.kernels.reference;

import java.util.Arrays;

/** A linear layer and the cross-entropy of its rows: the sum of the losses and its gradients. */
public record LinearCrossEntropyReference(
    double[] losses, double[] dx, double[] dw, double[] dbias) {

  /**
   * @param x {@code rows x features}
   * @param w {@code classes x features}
   * @param targets the class of each row
   * @param smoothing of the labels
   * @param scale a factor of the gradients
   */
  public static LinearCrossEntropyReference of(
      Rounding r,
      double[] x,
      double[] w,
      double[] bias,
      int[] targets,
      double smoothing,
      double scale) {
    int rows = targets.length;
    int classes = bias.length;
    int features = w.length / classes;
    double[] losses = new double[rows];
    double[] dx = new double[x.length];
    double[] dw = new double[w.length];
    double[] dbias = new double[classes];
    for (int i = 0; i < rows; i++) {
      double[] logits = Arrays.copyOf(bias, classes);
      for (int j = 0; j < classes; j++) {
        double dot = 0;
        for (int k = 0; k < features; k++) {
          dot = r.of(dot + r.of(x[i * features + k] * w[j * features + k]));
        }
        logits[j] = r.of(logits[j] + dot);
      }
      losses[i] = CrossEntropyReference.loss(r, logits, targets[i], smoothing);
      double[] g = CrossEntropyReference.gradient(r, logits, targets[i], smoothing, scale);
      for (int j = 0; j < classes; j++) {
        dbias[j] = r.of(dbias[j] + g[j]);
        for (int k = 0; k < features; k++) {
          int at = i * features + k;
          int weight = j * features + k;
          dx[at] = r.of(dx[at] + r.of(g[j] * w[weight]));
          dw[weight] = r.of(dw[weight] + r.of(g[j] * x[at]));
        }
      }
    }
    return new LinearCrossEntropyReference(losses, dx, dw, dbias);
  }
}
