package dev.kiln.ops.model;

import dev.kiln.runtime.KilnException;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * How the next token is drawn from its probabilities.
 *
 * @param temperature divides the logits; 0 takes the most probable token
 * @param topK only so many of the most probable tokens; 0 for all
 * @param seed of the draws
 */
public record Sampling(double temperature, int topK, long seed) {
  /** The most probable token each time. */
  public static final Sampling GREEDY = new Sampling(0, 0, 0);

  public Sampling {
    if (!(temperature >= 0) || Double.isInfinite(temperature)) {
      throw new KilnException(
          "sampling: the temperature must be at least 0, but is " + temperature);
    }
    if (topK < 0) {
      throw new KilnException("sampling: top-k must be at least 0, but is " + topK);
    }
  }

  /** Draws the tokens of one sequence, in order. */
  public Sampler start() {
    return new Sampler(this);
  }

  /** The draws of one sequence. */
  public static final class Sampler {
    private final Sampling sampling;
    private final SplittableRandom random;

    private Sampler(Sampling sampling) {
      this.sampling = sampling;
      random = new SplittableRandom(sampling.seed);
    }

    /**
     * The next token.
     *
     * @throws KilnException if a logit is not a number
     */
    public int next(float[] logits) {
      int best = best(logits);
      return sampling.temperature == 0 ? best : draw(weights(logits, logits[best]));
    }

    private static int best(float[] logits) {
      int best = 0;
      for (int i = 0; i < logits.length; i++) {
        if (Float.isNaN(logits[i])) {
          throw new KilnException("sampling: the logit of token " + i + " is not a number");
        }
        best = logits[i] > logits[best] ? i : best;
      }
      return best;
    }

    private double[] weights(float[] logits, float largest) {
      float least = sampling.topK == 0 ? Float.NEGATIVE_INFINITY : kthLargest(logits);
      double[] weights = new double[logits.length];
      for (int i = 0; i < logits.length; i++) {
        weights[i] =
            logits[i] < least
                ? 0
                : StrictMath.exp((logits[i] - (double) largest) / sampling.temperature);
      }
      return weights;
    }

    private float kthLargest(float[] logits) {
      float[] sorted = logits.clone();
      Arrays.sort(sorted);
      return sorted[Math.max(0, sorted.length - sampling.topK)];
    }

    private int draw(double[] weights) {
      double rest = random.nextDouble() * Arrays.stream(weights).sum();
      int last = 0;
      for (int i = 0; i < weights.length; i++) {
        if (weights[i] > 0) {
          last = i;
          rest -= weights[i];
          if (rest < 0) {
            return i;
          }
        }
      }
      return last;
    }
  }
}
