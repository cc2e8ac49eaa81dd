package dev.kiln.ops.metric;

/** A weighted mean of numbers, such as of the losses of batches. */
public final class Mean implements Metric {
  private final String name;
  private double sum;
  private double weights;

  public Mean(String name) {
    this.name = name;
  }

  @Override
  public String name() {
    return name;
  }

  /** Adds the mean of so many rows. */
  public void update(double mean, double weight) {
    sum += mean * weight;
    weights += weight;
  }

  @Override
  public double value() {
    return weights == 0 ? Double.NaN : sum / weights;
  }

  @Override
  public void reset() {
    sum = 0;
    weights = 0;
  }
}
