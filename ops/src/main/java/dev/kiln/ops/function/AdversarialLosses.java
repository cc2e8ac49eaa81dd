package dev.kiln.ops.function;

import dev.kiln.kernels.loss.Reduction;
import dev.kiln.ops.tensor.Tensor;

/**
 * Losses of generative adversarial networks. A discriminator's output is a logit for each sample, a
 * critic's a number; discriminators and critics are trained on samples that are detached from the
 * generator.
 */
public final class AdversarialLosses {
  private AdversarialLosses() {}

  /**
   * What the discriminator of a GAN minimises: {@code -mean log D(real) - mean log(1 - D(fake))}
   * (Goodfellow et al., 2014). Where it cannot tell them apart, {@code D = 1/2}, this is {@code log
   * 4}.
   */
  public static Tensor discriminator(Tensor real, Tensor fake) {
    return real.context().frame(() -> logits(real, 1).add(logits(fake, 0)));
  }

  /** What the generator minimises: {@code -mean log D(fake)}, which does not saturate. */
  public static Tensor generator(Tensor fake) {
    return logits(fake, 1);
  }

  /**
   * What the generator of the minimax game minimises: {@code mean log(1 - D(fake))}; its gradient
   * vanishes where the discriminator is sure.
   */
  public static Tensor minimaxGenerator(Tensor fake) {
    return fake.context().frame(() -> logits(fake, 0).neg());
  }

  /** Half the mean of {@code (D(real) - 1)^2 + D(fake)^2} (Mao et al., 2017). */
  public static Tensor leastSquaresDiscriminator(Tensor real, Tensor fake) {
    return real.context().frame(() -> squares(real, 1).add(squares(fake, 0)).mul(0.5));
  }

  /** Half the mean of {@code (D(fake) - 1)^2}. */
  public static Tensor leastSquaresGenerator(Tensor fake) {
    return fake.context().frame(() -> squares(fake, 1).mul(0.5));
  }

  /**
   * What a Wasserstein critic minimises: {@code mean f(fake) - mean f(real)}, minus the distance as
   * far as the critic sees it (Arjovsky et al., 2017). Its Lipschitz bound is the caller's: clipped
   * weights or a spectral norm.
   */
  public static Tensor critic(Tensor real, Tensor fake) {
    return real.context().frame(() -> mean(fake).sub(mean(real)));
  }

  /** {@code -mean f(fake)}. */
  public static Tensor wassersteinGenerator(Tensor fake) {
    return fake.context().frame(() -> mean(fake).neg());
  }

  /** {@code mean max(0, 1 - D(real)) + mean max(0, 1 + D(fake))} (Lim and Ye, 2017). */
  public static Tensor hingeDiscriminator(Tensor real, Tensor fake) {
    return real.context()
        .frame(
            () ->
                Losses.hinge(real, like(real, 1), 1, Reduction.MEAN)
                    .add(Losses.hinge(fake, like(fake, -1), 1, Reduction.MEAN)));
  }

  private static Tensor logits(Tensor x, double y) {
    return Losses.binaryCrossEntropyWithLogits(x, like(x, y));
  }

  private static Tensor squares(Tensor x, double y) {
    return Losses.mse(x, like(x, y));
  }

  private static Tensor like(Tensor x, double y) {
    return x.context().full(x.dtype(), y, x.shape());
  }

  private static Tensor mean(Tensor x) {
    return x.mean();
  }
}
