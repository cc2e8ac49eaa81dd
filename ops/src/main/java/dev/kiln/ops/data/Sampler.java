package dev.kiln.ops.data;

import dev.kiln.runtime.KilnException;
import java.util.Arrays;

/** Which examples an epoch visits, and in which order: a pure function of the epoch. */
public interface Sampler {
  /** How many examples an epoch visits. */
  int size();

  /** The numbers of the examples of an epoch, from 0, in their order; the caller's own array. */
  int[] order(int epoch);

  /** Each example once, in order, in each epoch. */
  static Sampler sequential(int examples) {
    requireSize(examples);
    return new Sampler() {
      @Override
      public int size() {
        return examples;
      }

      @Override
      public int[] order(int epoch) {
        return ascending(0, examples);
      }
    };
  }

  /** Each example once, shuffled anew in each epoch. */
  static Sampler shuffled(int examples, long seed) {
    requireSize(examples);
    return new Sampler() {
      @Override
      public int size() {
        return examples;
      }

      @Override
      public int[] order(int epoch) {
        return shuffle(ascending(0, examples), new Seed(seed).derive("order").derive(epoch));
      }
    };
  }

  /**
   * Draws with replacement, each example as often as its weight says: evens out rare classes.
   *
   * @param weights of each example, not negative and not all 0
   * @param draws examples of an epoch
   */
  static Sampler weighted(double[] weights, int draws, long seed) {
    var table = new AliasTable(weights);
    if (draws < 1) {
      throw new KilnException("an epoch must draw at least 1 example, not " + draws);
    }
    return new Sampler() {
      @Override
      public int size() {
        return draws;
      }

      @Override
      public int[] order(int epoch) {
        var random = new Seed(seed).derive("draws").derive(epoch).random();
        int[] order = new int[draws];
        Arrays.setAll(order, i -> table.draw(random));
        return order;
      }
    };
  }

  private static void requireSize(int examples) {
    if (examples < 0) {
      throw new KilnException("there cannot be %d examples".formatted(examples));
    }
  }

  /** The numbers {@code from} to {@code to - 1}. */
  static int[] ascending(int from, int to) {
    int[] numbers = new int[to - from];
    Arrays.setAll(numbers, i -> from + i);
    return numbers;
  }

  /**
   * Shuffles in place, each order being as likely as any other.
   *
   * @return the same array
   */
  static int[] shuffle(int[] numbers, Seed seed) {
    var random = seed.random();
    for (int i = numbers.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swapped = numbers[i];
      numbers[i] = numbers[j];
      numbers[j] = swapped;
    }
    return numbers;
  }
}
