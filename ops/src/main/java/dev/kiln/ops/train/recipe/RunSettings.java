package dev.kiln.ops.train.recipe;

import dev.kiln.ops.optim.Clipping;
import dev.kiln.ops.optim.Precision;
import dev.kiln.ops.schedule.Schedule;
import dev.kiln.ops.schedule.Schedules;
import dev.kiln.runtime.KilnException;

/**
 * How a recipe is trained.
 *
 * @param steps of the optimizer in all
 * @param accumulation batches of a step
 * @param rate the highest learning rate
 * @param schedule text for {@link Schedules#parse(String, double, long)}, with rate and steps of
 *     the run
 * @param weightDecay of all but biases and norms
 * @param beta2 of Adam's second average
 * @param clipping of gradients
 * @param guard whether batches with a loss far above those before are left out
 * @param average decay of an average of the weights, for example 0.999; 0 for none
 * @param layerNormsEvery steps between reports of each parameter's gradient norm; 0 for none
 */
public record RunSettings(
    long steps,
    int accumulation,
    double rate,
    String schedule,
    OptimizerKind optimizer,
    double weightDecay,
    double beta2,
    Clipping clipping,
    Precision precision,
    boolean guard,
    double average,
    long layerNormsEvery) {
  /** A twentieth of the steps the rate rises, then falls with a cosine. */
  public static final String USUAL_SCHEDULE = "usual";

  private static final double WARM_UP = 0.05;

  public RunSettings {
    require(steps >= 1, "steps must be at least 1, not " + steps);
    require(rate > 0 && Double.isFinite(rate), "the learning rate must be above 0, not " + rate);
    require(
        average >= 0 && average < 1,
        "the decay of the average must be from 0 to below 1, not " + average);
    require(weightDecay >= 0, "the weight decay must be at least 0, not " + weightDecay);
  }

  private static void require(boolean holds, String rule) {
    if (!holds) {
      throw new KilnException(rule);
    }
  }

  /** AdamW with a decay of 0.01, warm-up and cosine, in fp32, one batch for each step. */
  public static RunSettings of(long steps, double rate) {
    return new RunSettings(
        steps,
        1,
        rate,
        USUAL_SCHEDULE,
        OptimizerKind.ADAMW,
        0.01,
        0.999,
        Clipping.NONE,
        Precision.FP32,
        false,
        0,
        0);
  }

  public RunSettings withAccumulation(int batches) {
    return new RunSettings(
        steps,
        batches,
        rate,
        schedule,
        optimizer,
        weightDecay,
        beta2,
        clipping,
        precision,
        guard,
        average,
        layerNormsEvery);
  }

  public RunSettings withSchedule(String text) {
    return new RunSettings(
        steps,
        accumulation,
        rate,
        text,
        optimizer,
        weightDecay,
        beta2,
        clipping,
        precision,
        guard,
        average,
        layerNormsEvery);
  }

  public RunSettings withOptimizer(OptimizerKind kind, double newWeightDecay, double newBeta2) {
    return new RunSettings(
        steps,
        accumulation,
        rate,
        schedule,
        kind,
        newWeightDecay,
        newBeta2,
        clipping,
        precision,
        guard,
        average,
        layerNormsEvery);
  }

  public RunSettings withClipping(Clipping newClipping) {
    return new RunSettings(
        steps,
        accumulation,
        rate,
        schedule,
        optimizer,
        weightDecay,
        beta2,
        newClipping,
        precision,
        guard,
        average,
        layerNormsEvery);
  }

  public RunSettings withPrecision(Precision newPrecision) {
    return new RunSettings(
        steps,
        accumulation,
        rate,
        schedule,
        optimizer,
        weightDecay,
        beta2,
        clipping,
        newPrecision,
        guard,
        average,
        layerNormsEvery);
  }

  public RunSettings withGuard() {
    return new RunSettings(
        steps,
        accumulation,
        rate,
        schedule,
        optimizer,
        weightDecay,
        beta2,
        clipping,
        precision,
        true,
        average,
        layerNormsEvery);
  }

  public RunSettings withAverage(double decay) {
    return new RunSettings(
        steps,
        accumulation,
        rate,
        schedule,
        optimizer,
        weightDecay,
        beta2,
        clipping,
        precision,
        guard,
        decay,
        layerNormsEvery);
  }

  public RunSettings withLayerNormsEvery(long newSteps) {
    return new RunSettings(
        steps,
        accumulation,
        rate,
        schedule,
        optimizer,
        weightDecay,
        beta2,
        clipping,
        precision,
        guard,
        average,
        newSteps);
  }

  /**
   * The schedule, which counts steps.
   *
   * @throws KilnException if its text is at fault
   */
  public Schedule plannedSchedule() {
    String text = schedule.equals(USUAL_SCHEDULE) ? usual() : schedule;
    return Schedules.parse(text, rate, steps);
  }

  private String usual() {
    long rising = Math.round(steps * WARM_UP);
    return rising == 0 ? "cosine" : "warmup:%d,cosine".formatted(rising);
  }
}
