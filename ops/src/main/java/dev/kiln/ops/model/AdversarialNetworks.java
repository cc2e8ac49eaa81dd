package dev.kiln.ops.model;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.nn.Layer;
import dev.kiln.ops.nn.Module;
import dev.kiln.ops.tensor.Mode;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;

/**
 * Two networks that play against each other: a generator makes samples of random numbers, a critic,
 * or discriminator, tells them from real ones (Goodfellow et al., 2014). Children {@code
 * generator}, {@code critic}.
 */
public final class AdversarialNetworks extends Module {
  private final Layer generator;
  private final Layer critic;
  private final int latent;

  /**
   * @param generator from {@code N x latent} random numbers to {@code N} samples
   * @param critic from {@code N} samples to {@code N x 1} numbers, the higher, the more real
   * @param latent random numbers of a sample
   */
  public AdversarialNetworks(Layer generator, Layer critic, int latent) {
    super(generator.context());
    if (latent < 1) {
      throw new KilnException("a sample needs at least one random number, not " + latent);
    }
    this.generator = child("generator", generator);
    this.critic = child("critic", critic);
    this.latent = latent;
  }

  public Layer generator() {
    return generator;
  }

  public Layer critic() {
    return critic;
  }

  /** Random numbers of a sample. */
  public int latent() {
    return latent;
  }

  /** Samples of new random numbers, with a graph where gradients are recorded. */
  public Tensor sample(long count) {
    return frame(() -> generator.apply(context().randn(DType.FP32, count, latent)));
  }

  /**
   * Samples of given random numbers, as evaluated; nothing of the model's state changes.
   *
   * @param numbers {@code N x latent}
   */
  public float[] generate(float[] numbers) {
    if (numbers.length == 0 || numbers.length % latent != 0) {
      throw new KilnException(
          "generate: needs N x %d numbers, but has %d".formatted(latent, numbers.length));
    }
    boolean wasTraining = generator.isTraining();
    generator.evaluate();
    try (Mode _ = context().noGrad();
        Scope _ = context().scope()) {
      return generator.apply(context().of(numbers, numbers.length / latent, latent)).toFloats();
    } finally {
      generator.train(wasTraining);
    }
  }
}
