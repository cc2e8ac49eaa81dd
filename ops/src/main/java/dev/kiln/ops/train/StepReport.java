package dev.kiln.ops.train;

import java.util.Map;

/**
 * What happened in one step of an optimizer.
 *
 * @param step number of the step, from 1
 * @param epoch passes over the data, with its fraction
 * @param loss mean over the batches of the step, before it
 * @param learningRate that the step used
 * @param gradientNorm of all gradients before clipping; NaN where it was not computed
 * @param lossScale 1 without loss scaling
 * @param isSkipped whether gradients overflowed and nothing was changed
 * @param examples that the step saw: images, rows or tokens
 * @param seconds that the step took
 * @param layerGradients norm of the gradient of each parameter by its name, in steps in which it
 *     was asked for; else empty
 * @param others other numbers by the name of their curve, such as {@code loss/critic}
 */
public record StepReport(
    long step,
    double epoch,
    double loss,
    double learningRate,
    double gradientNorm,
    double lossScale,
    boolean isSkipped,
    long examples,
    double seconds,
    Map<String, Double> layerGradients,
    Map<String, Double> others) {
  /** Examples in a second. */
  public double throughput() {
    return examples / seconds;
  }
}
