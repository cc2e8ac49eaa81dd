package dev.kiln.tests.benchmarks.training;

/**
 * Settings of AdamW.
 *
 * @param rate learning rate
 * @param weightDecay of tensors of rank 2 and above
 * @param clip greatest norm of all gradients together; 0 for no clipping
 */
public record AdamSettings(
    double rate, double beta1, double beta2, double eps, double weightDecay, double clip) {
  /** Of a GPT, without clipping. */
  public static final AdamSettings OF_GPT = new AdamSettings(1e-3, 0.9, 0.95, 1e-8, 0.1, 0);

  public AdamSettings withClip(double norm) {
    return new AdamSettings(rate, beta1, beta2, eps, weightDecay, norm);
  }
}
