package dev.kiln.ops.train;

import dev.kiln.ops.function.AdversarialLosses;
import dev.kiln.ops.tensor.Tensor;

/** What the networks of an {@link Adversarial} training minimise, see {@link AdversarialLosses}. */
public enum AdversarialObjective {
  /** Of a GAN, with the generator's loss that does not saturate. */
  GAN,
  /** Squares instead of logarithms. */
  LEAST_SQUARES,
  /** Hinge losses of the critic. */
  HINGE,
  /** The Wasserstein distance; the critic's weights must be bounded. */
  WASSERSTEIN;

  /**
   * @param real the critic's numbers of real samples, {@code N x 1}
   * @param fake and of made ones
   */
  Tensor ofCritic(Tensor real, Tensor fake) {
    return switch (this) {
      case GAN -> AdversarialLosses.discriminator(real, fake);
      case LEAST_SQUARES -> AdversarialLosses.leastSquaresDiscriminator(real, fake);
      case HINGE -> AdversarialLosses.hingeDiscriminator(real, fake);
      case WASSERSTEIN -> AdversarialLosses.critic(real, fake);
    };
  }

  Tensor ofGenerator(Tensor fake) {
    return switch (this) {
      case GAN -> AdversarialLosses.generator(fake);
      case LEAST_SQUARES -> AdversarialLosses.leastSquaresGenerator(fake);
      case HINGE, WASSERSTEIN -> AdversarialLosses.wassersteinGenerator(fake);
    };
  }
}
