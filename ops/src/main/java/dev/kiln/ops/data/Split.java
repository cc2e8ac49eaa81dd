package dev.kiln.ops.data;

import dev.kiln.runtime.KilnException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Which examples are for training, for validation and for testing: numbers of examples, ascending.
 * Each example is in one of them. The same seed gives the same parts.
 */
public record Split(int[] training, int[] validation, int[] test) {
  /**
   * At random.
   *
   * @param validation part of the examples, at least 0 and below 1
   * @param test part of the examples, likewise; together below 1
   */
  public static Split random(int examples, double validation, double test, long seed) {
    requireExamples(examples);
    return stratified(new int[examples], validation, test, seed);
  }

  /**
   * In order, for series: what comes first is for training, then for validation, the end for
   * testing.
   *
   * @param validation part of the examples, at least 0 and below 1
   * @param test part of the examples, likewise; together below 1
   */
  public static Split inOrder(int examples, double validation, double test) {
    requireFractions(validation, test);
    requireExamples(examples);
    int testFrom = examples - (int) Math.round(examples * test);
    int validationFrom = testFrom - (int) Math.round(examples * validation);
    var split =
        new Split(
            Sampler.ascending(0, Math.max(0, validationFrom)),
            Sampler.ascending(Math.max(0, validationFrom), testFrom),
            Sampler.ascending(testFrom, examples));
    split.requireParts(examples, validation, test);
    return split;
  }

  /**
   * At random, each class having the same part in all three, within one example.
   *
   * @param labels class of each example, any numbers
   */
  public static Split stratified(int[] labels, double validation, double test, long seed) {
    requireFractions(validation, test);
    int[] byClass = byClass(labels, seed);
    int[] part = new int[labels.length];
    assign(byClass, part, test, 2);
    assign(
        Arrays.stream(byClass).filter(i -> part[i] == 0).toArray(),
        part,
        validation / (1 - test),
        1);
    var split = new Split(members(part, 0), members(part, 1), members(part, 2));
    split.requireParts(labels.length, validation, test);
    return split;
  }

  private static void requireExamples(int examples) {
    if (examples < 0) {
      throw new KilnException("%,d examples cannot be split".formatted(examples));
    }
  }

  private static void requireFractions(double validation, double test) {
    if (!(validation >= 0 && test >= 0 && validation + test < 1)) {
      throw new KilnException(
          ("the parts for validation and testing must be at least 0 and together below 1, not"
                  + " %s and %s")
              .formatted(validation, test));
    }
  }

  /**
   * Gives part of the examples, the classes of which lie side by side, to a set. As the count is
   * rounded as it grows, neither the sum nor a class is off by one or more.
   */
  private static void assign(int[] byClass, int[] part, double fraction, int set) {
    long given = 0;
    for (int i = 0; i < byClass.length; i++) {
      long due = Math.round((i + 1) * fraction);
      if (due > given) {
        part[byClass[i]] = set;
        given = due;
      }
    }
  }

  private void requireParts(int examples, double validationPart, double testPart) {
    if (training.length == 0
        || validationPart > 0 && validation.length == 0
        || testPart > 0 && test.length == 0) {
      throw new KilnException(
          "%,d examples are too few to split into %,d for training, %,d for validation and %,d for testing"
              .formatted(examples, training.length, validation.length, test.length));
    }
  }

  /**
   * Folds for cross-validation: each example is in the validation part of one fold and in the
   * training part of all others; the folds' sizes differ by at most one.
   *
   * @param folds from 2 to the number of examples
   */
  public static List<Split> folds(int examples, int folds, long seed) {
    requireFolds(examples, folds);
    return dealt(Sampler.shuffle(Sampler.ascending(0, examples), new Seed(seed)), folds);
  }

  /**
   * As {@link #folds}, each class being spread evenly.
   *
   * @throws KilnException if a class has fewer examples than there are folds
   */
  public static List<Split> stratifiedFolds(int[] labels, int folds, long seed) {
    requireFolds(labels.length, folds);
    int[] sorted = labels.clone();
    Arrays.sort(sorted);
    for (int from = 0; from < sorted.length; ) {
      int to = from;
      while (to < sorted.length && sorted[to] == sorted[from]) {
        to++;
      }
      if (to - from < folds) {
        throw new KilnException(
            "class %d has %d examples, fewer than the %d folds"
                .formatted(sorted[from], to - from, folds));
      }
      from = to;
    }
    return dealt(byClass(labels, seed), folds);
  }

  private static void requireFolds(int examples, int folds) {
    requireExamples(examples);
    if (folds < 2 || folds > examples) {
      throw new KilnException(
          "%,d examples can be split into 2 to %,d folds, not %d"
              .formatted(examples, examples, folds));
    }
  }

  private static List<Split> dealt(int[] order, int folds) {
    int[] fold = new int[order.length];
    for (int i = 0; i < order.length; i++) {
      fold[order[i]] = i % folds;
    }
    var splits = new ArrayList<Split>(folds);
    for (int f = 0; f < folds; f++) {
      int[] part = new int[order.length];
      for (int i = 0; i < part.length; i++) {
        part[i] = fold[i] == f ? 1 : 0;
      }
      splits.add(new Split(members(part, 0), members(part, 1), new int[0]));
    }
    return splits;
  }

  /** Numbers of examples, shuffled, then class by class. */
  private static int[] byClass(int[] labels, long seed) {
    int[] order = Sampler.shuffle(Sampler.ascending(0, labels.length), new Seed(seed));
    return Arrays.stream(order)
        .boxed()
        .sorted((a, b) -> Integer.compare(labels[a], labels[b]))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  private static int[] members(int[] part, int set) {
    return IntStream.range(0, part.length).filter(i -> part[i] == set).toArray();
  }
}
