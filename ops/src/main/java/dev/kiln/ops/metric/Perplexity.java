package dev.kiln.ops.metric;

/** {@code exp} of the mean negative log likelihood of the labels, in nats. */
public final class Perplexity implements ClassMetric {
  private final Mean loss = new Mean("loss");

  @Override
  public String name() {
    return "perplexity";
  }

  @Override
  public void update(float[] scores, int[] labels) {
    int classes = Rows.classes(name(), scores, labels);
    for (int row = 0; row < labels.length; row++) {
      if (labels[row] >= 0) {
        loss.update(logOfSum(scores, row, classes) - scores[row * classes + labels[row]], 1);
      }
    }
  }

  /** Adds a loss that is there already: the mean over so many tokens, in nats. */
  public void update(double meanLoss, long tokens) {
    loss.update(meanLoss, tokens);
  }

  private static double logOfSum(float[] scores, int row, int classes) {
    double high = scores[row * classes + Rows.largest(scores, row, classes)];
    double sum = 0;
    for (int i = 0; i < classes; i++) {
      sum += Math.exp(scores[row * classes + i] - high);
    }
    return high + Math.log(sum);
  }

  @Override
  public double value() {
    return Math.exp(loss.value());
  }

  @Override
  public void reset() {
    loss.reset();
  }
}
