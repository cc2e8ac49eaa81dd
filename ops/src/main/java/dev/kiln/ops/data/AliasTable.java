package dev.kiln.ops.data;

import dev.kiln.runtime.KilnException;
import java.util.SplittableRandom;

/**
 * Draws numbers with given weights in constant time by the alias method (Vose: A linear algorithm
 * for generating random numbers with a given distribution, 1991). Immutable.
 */
public final class AliasTable {
  /** Below this, column {@code i} gives {@code i}, above it {@code alias[i]}. */
  private final double[] threshold;

  private final int[] alias;

  /**
   * @param weights of the numbers from 0; not negative and not all 0
   */
  public AliasTable(double[] weights) {
    int n = weights.length;
    double sum = 0;
    for (int i = 0; i < n; i++) {
      if (!(weights[i] >= 0) || weights[i] == Double.POSITIVE_INFINITY) {
        throw new KilnException(
            "weight %d must be a number that is not negative, not %s".formatted(i, weights[i]));
      }
      sum += weights[i];
    }
    if (!(sum > 0) || sum == Double.POSITIVE_INFINITY) {
      throw new KilnException("the weights must have a positive, finite sum, not " + sum);
    }
    threshold = new double[n];
    alias = new int[n];
    fill(weights, n / sum);
  }

  private void fill(double[] weights, double scale) {
    int n = weights.length;
    int[] queue = new int[n];
    // Columns that are too low from the front, those that are too high from the back.
    int low = 0;
    int high = n;
    for (int i = 0; i < n; i++) {
      threshold[i] = weights[i] * scale;
      alias[i] = i;
      if (threshold[i] < 1) {
        queue[low++] = i;
      } else {
        queue[--high] = i;
      }
    }
    while (low > 0 && high < n) {
      int poor = queue[--low];
      int rich = queue[high];
      alias[poor] = rich;
      threshold[rich] -= 1 - threshold[poor];
      if (threshold[rich] < 1) {
        high++;
        queue[low++] = rich;
      }
    }
    // What is left is 1 but for rounding; a weight of 0 must stay impossible.
    while (high < n) {
      threshold[queue[high++]] = 1;
    }
    while (low > 0) {
      int i = queue[--low];
      if (weights[i] > 0) {
        threshold[i] = 1;
      } else {
        alias[i] = heaviest(weights);
      }
    }
  }

  private static int heaviest(double[] weights) {
    int best = 0;
    for (int i = 1; i < weights.length; i++) {
      if (weights[i] > weights[best]) {
        best = i;
      }
    }
    return best;
  }

  /** How many numbers there are. */
  public int size() {
    return alias.length;
  }

  /** Draws a number from 0 to {@code size - 1}. */
  public int draw(SplittableRandom random) {
    double x = random.nextDouble() * alias.length;
    int column = Math.min((int) x, alias.length - 1);
    return x - column < threshold[column] ? column : alias[column];
  }
}
