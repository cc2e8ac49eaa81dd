package dev.kiln.ops.train;

import dev.kiln.ops.data.Distortion;
import dev.kiln.runtime.KilnException;
import java.util.OptionalLong;

/**
 * What a training run depends on.
 *
 * @param epochs how often every image is seen, unless {@code steps} is given
 * @param steps how many steps to make
 * @param batch images of a step
 * @param hidden hidden units
 * @param learningRate the highest rate, after the warm-up
 * @param weightDecay of the weights
 * @param dropout part of the hidden units left out
 * @param distortion of the training images
 * @param seed of everything random
 */
public record TrainingSettings(
    int epochs,
    OptionalLong steps,
    int batch,
    int hidden,
    double learningRate,
    double weightDecay,
    double dropout,
    Distortion distortion,
    long seed) {
  /** Suits the bundled digits. */
  public static final TrainingSettings DEFAULT =
      new TrainingSettings(
          20, OptionalLong.empty(), 128, 512, 2e-3, 0.01, 0.2, Distortion.DIGITS, 1);

  public TrainingSettings {
    require(epochs >= 1, "epochs must be at least 1");
    require(steps.isEmpty() || steps.getAsLong() >= 1, "steps must be at least 1");
    require(batch >= 1, "the batch must be at least 1");
    require(hidden >= 1, "hidden units must be at least 1");
    require(learningRate > 0 && Double.isFinite(learningRate), "the learning rate must be above 0");
    require(dropout >= 0 && dropout < 1, "dropout must be at least 0 and less than 1");
  }

  private static void require(boolean ok, String rule) {
    if (!ok) {
      throw new KilnException(rule);
    }
  }

  public TrainingSettings withSeed(long newSeed) {
    return new TrainingSettings(
        epochs, steps, batch, hidden, learningRate, weightDecay, dropout, distortion, newSeed);
  }

  public TrainingSettings withEpochs(int newEpochs) {
    return new TrainingSettings(
        newEpochs,
        OptionalLong.empty(),
        batch,
        hidden,
        learningRate,
        weightDecay,
        dropout,
        distortion,
        seed);
  }

  public TrainingSettings withSteps(long newSteps) {
    return new TrainingSettings(
        epochs,
        OptionalLong.of(newSteps),
        batch,
        hidden,
        learningRate,
        weightDecay,
        dropout,
        distortion,
        seed);
  }

  public TrainingSettings withBatch(int newBatch) {
    return new TrainingSettings(
        epochs, steps, newBatch, hidden, learningRate, weightDecay, dropout, distortion, seed);
  }

  public TrainingSettings withHidden(int newHidden) {
    return new TrainingSettings(
        epochs, steps, batch, newHidden, learningRate, weightDecay, dropout, distortion, seed);
  }

  public TrainingSettings withLearningRate(double rate) {
    return new TrainingSettings(
        epochs, steps, batch, hidden, rate, weightDecay, dropout, distortion, seed);
  }
}
