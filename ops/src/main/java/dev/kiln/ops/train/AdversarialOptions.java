package dev.kiln.ops.train;

import dev.kiln.runtime.KilnException;

/**
 * How an {@link Adversarial} training makes its steps.
 *
 * @param criticSteps steps of the critic, each with a batch of its own, before one of the generator
 * @param clip weights of the critic are kept from {@code -clip} to {@code clip}; 0 for no bound
 * @param generatorRate learning rate
 * @param criticRate learning rate
 */
public record AdversarialOptions(
    AdversarialObjective objective,
    int criticSteps,
    double clip,
    double generatorRate,
    double criticRate) {
  public AdversarialOptions {
    if (criticSteps < 1 || !(clip >= 0)) {
      throw new KilnException(
          "the critic makes at least one step, not %d, and the bound of its weights is not negative, but %s"
              .formatted(criticSteps, clip));
    }
  }

  /** One step of each by turns. */
  public static AdversarialOptions gan(double rate) {
    return new AdversarialOptions(AdversarialObjective.GAN, 1, 0, rate, rate);
  }

  /** Five steps of the critic with weights up to 0.01, then one (Arjovsky et al., 2017). */
  public static AdversarialOptions wasserstein(double rate) {
    return new AdversarialOptions(AdversarialObjective.WASSERSTEIN, 5, 0.01, rate, rate);
  }

  public AdversarialOptions withCriticSteps(int steps) {
    return new AdversarialOptions(objective, steps, clip, generatorRate, criticRate);
  }

  public AdversarialOptions withClip(double bound) {
    return new AdversarialOptions(objective, criticSteps, bound, generatorRate, criticRate);
  }

  public AdversarialOptions withObjective(AdversarialObjective newObjective) {
    return new AdversarialOptions(newObjective, criticSteps, clip, generatorRate, criticRate);
  }
}
