package dev.kiln.tests.train;

import dev.kiln.ops.data.BatchPlan;
import dev.kiln.ops.data.BucketSampler;
import dev.kiln.ops.data.Dataset;
import dev.kiln.ops.data.ExamplePlan;
import dev.kiln.ops.text.SequenceBatch;
import dev.kiln.ops.text.SequencePair;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.function.Function;

/**
 * Strings of digits and what they shall be turned into, apart for training and for tests.
 *
 * @param training pairs; targets begin and end with their tokens
 * @param heldOut strings that are not among them
 * @param answers the tokens of each, without those that begin and end
 */
record DigitStrings(List<SequencePair> training, List<int[]> heldOut, List<int[]> answers) {
  static final int PADDING = 0;
  static final int BEGIN = 1;
  static final int END = 2;
  static final int FIRST = 3;
  static final int VOCABULARY = FIRST + 10;

  /**
   * @param count strings of training
   * @param tests strings of tests
   * @param string draws one, digits from 0 to 9
   * @param turned the tokens of what a string of digits is turned into
   */
  static DigitStrings of(
      int count, int tests, Function<Random, int[]> string, Function<int[], int[]> turned) {
    var random = new Random(11);
    var all = new LinkedHashSet<List<Integer>>();
    while (all.size() < count + tests) {
      var digits = new ArrayList<Integer>();
      for (int digit : string.apply(random)) {
        digits.add(digit);
      }
      all.add(digits);
    }
    var shuffled = new ArrayList<>(all);
    Collections.shuffle(shuffled, random);
    var made = new DigitStrings(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    for (List<Integer> digits : shuffled) {
      int[] source = digits.stream().mapToInt(digit -> FIRST + digit).toArray();
      int[] target = turned.apply(digits.stream().mapToInt(digit -> digit).toArray());
      if (made.training.size() < count) {
        made.training.add(new SequencePair(source, framed(target)));
      } else {
        made.heldOut.add(source);
        made.answers.add(target);
      }
    }
    return made;
  }

  private static int[] framed(int[] target) {
    int[] framed = new int[target.length + 2];
    framed[0] = BEGIN;
    System.arraycopy(target, 0, framed, 1, target.length);
    framed[framed.length - 1] = END;
    return framed;
  }

  /** Batches of strings of like length, padded. */
  BatchPlan<SequenceBatch.Pairs> batches(int size, long seed) {
    int[] lengths = training.stream().mapToInt(pair -> pair.source().length).toArray();
    return ExamplePlan.of(Dataset.of(training), size, SequenceBatch.paddedPairs(PADDING, PADDING))
        .sampled(new BucketSampler(lengths, size, 4, seed), seed);
  }
}
