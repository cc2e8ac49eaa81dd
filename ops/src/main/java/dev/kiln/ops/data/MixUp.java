package dev.kiln.ops.data;

import dev.kiln.runtime.KilnException;
import java.util.SplittableRandom;

/**
 * Mixes each example of a batch with another one of it, and their targets likewise (Zhang et al.:
 * mixup: Beyond empirical risk minimization, 2018). Classes become probabilities.
 *
 * @param alpha parameter of the beta distribution that the shares are drawn from, above 0 and at
 *     most 4; small values change little
 */
public record MixUp(double alpha) implements Augmentation<Batch> {
  public MixUp {
    if (!(alpha > 0 && alpha <= 4)) {
      throw new KilnException("the alpha of mixup must be above 0 and at most 4, not " + alpha);
    }
  }

  @Override
  public Batch apply(Batch batch, SplittableRandom random) {
    float share = (float) beta(random);
    int[] other = Sampler.shuffle(Sampler.ascending(0, batch.count()), new Seed(random.nextLong()));
    float[] values = mixed(batch.values(), batch.count(), other, share);
    Targets targets =
        switch (batch.targets()) {
          case Targets.Classes t -> {
            float[] p = t.probabilities().values();
            yield new Targets.Probabilities(mixed(p, batch.count(), other, share), t.classes());
          }
          case Targets.Numbers t ->
              new Targets.Numbers(mixed(t.values(), batch.count(), other, share), t.width());
          case Targets.Probabilities t ->
              new Targets.Probabilities(
                  mixed(t.values(), batch.count(), other, share), t.classes());
        };
    return new Batch(values, batch.shape(), targets);
  }

  private static float[] mixed(float[] values, int count, int[] other, float share) {
    int width = values.length / count;
    float[] mixed = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      float second = values[other[i / width] * width + i % width];
      mixed[i] = share * values[i] + (1 - share) * second;
    }
    return mixed;
  }

  /** A draw from Beta(alpha, alpha) by Johnk's method. */
  private double beta(SplittableRandom random) {
    while (true) {
      double x = StrictMath.pow(random.nextDouble(), 1 / alpha);
      double y = StrictMath.pow(random.nextDouble(), 1 / alpha);
      if (x + y > 0 && x + y <= 1) {
        return x / (x + y);
      }
    }
  }
}
