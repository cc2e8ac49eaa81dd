package dev.kiln.ops.train;

import dev.kiln.ops.metric.ConfusionMatrix;
import java.util.Map;
import java.util.Optional;

/**
 * What a validation measured.
 *
 * @param step after which
 * @param loss mean over the examples
 * @param metrics others by name, such as {@code accuracy}
 * @param confusion of a classifier
 * @param predictions of a regression
 */
public record Validation(
    long step,
    double loss,
    Map<String, Double> metrics,
    Optional<ConfusionMatrix> confusion,
    Optional<Predictions> predictions) {

  /** Numbers predicted and true, side by side, in a unit that may be empty. */
  public record Predictions(float[] predicted, float[] targets, String unit) {}

  public static Validation of(long step, double loss, Map<String, Double> metrics) {
    return new Validation(step, loss, metrics, Optional.empty(), Optional.empty());
  }

  /**
   * A number by its name.
   *
   * @throws dev.kiln.runtime.KilnException if it was not measured
   */
  public double value(String name) {
    if (name.equals("loss")) {
      return loss;
    }
    Double value = metrics.get(name);
    if (value == null) {
      throw new dev.kiln.runtime.KilnException(
          "validation: there is no '" + name + "'; there are loss, " + metrics.keySet());
    }
    return value;
  }
}
