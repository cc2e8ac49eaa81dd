package dev.kiln.ops.text;

import dev.kiln.ops.data.Collation;
import dev.kiln.runtime.KilnException;
import java.util.Arrays;
import java.util.List;

/**
 * Sequences side by side, padded to the longest. For like lengths in a batch, take a {@link
 * dev.kiln.ops.data.BucketSampler}.
 *
 * @param tokens {@code count x length}
 * @param lengths of each sequence without what it is padded by
 * @param length of the longest
 */
public record SequenceBatch(int[] tokens, int[] lengths, int length) {
  /**
   * Sequences and their targets.
   *
   * @param source padded to its longest
   * @param target padded to its longest
   */
  public record Pairs(SequenceBatch source, SequenceBatch target) {}

  /**
   * Puts sequences together.
   *
   * @param padding token behind the end of shorter ones
   */
  public static Collation<int[], SequenceBatch> padded(int padding) {
    return sequences -> of(sequences, padding);
  }

  /**
   * Puts pairs of sequences together.
   *
   * @param source token behind the end of shorter sources
   * @param target number behind the end of shorter targets
   */
  public static Collation<SequencePair, Pairs> paddedPairs(int source, int target) {
    return pairs ->
        new Pairs(
            of(pairs.stream().map(SequencePair::source).toList(), source),
            of(pairs.stream().map(SequencePair::target).toList(), target));
  }

  /**
   * Puts sequences together.
   *
   * @throws KilnException if there are none, or one is empty
   */
  public static SequenceBatch of(List<int[]> sequences, int padding) {
    if (sequences.isEmpty()) {
      throw new KilnException("a batch needs at least one sequence");
    }
    int[] lengths = sequences.stream().mapToInt(s -> s.length).toArray();
    int longest = Arrays.stream(lengths).max().getAsInt();
    int[] tokens = new int[Math.multiplyExact(lengths.length, longest)];
    Arrays.fill(tokens, padding);
    for (int i = 0; i < lengths.length; i++) {
      if (lengths[i] == 0) {
        throw new KilnException("sequence %d of the batch is empty".formatted(i));
      }
      System.arraycopy(sequences.get(i), 0, tokens, i * longest, lengths[i]);
    }
    return new SequenceBatch(tokens, lengths, longest);
  }

  /** How many sequences there are. */
  public int count() {
    return lengths.length;
  }

  /** {@code count x length}: 1 where a token is, 0 where it is padding. */
  public float[] mask() {
    float[] mask = new float[tokens.length];
    for (int i = 0; i < lengths.length; i++) {
      Arrays.fill(mask, i * length, i * length + lengths[i], 1);
    }
    return mask;
  }

  /** All but the last column: what a decoder reads, {@code count x (length - 1)}. */
  public int[] inputs() {
    return columns(0);
  }

  /**
   * What follows each of {@link #inputs}: {@code count x (length - 1)}.
   *
   * @param ignored stands where padding would follow, for the loss to leave out
   */
  public int[] targets(int ignored) {
    int[] targets = columns(1);
    for (int i = 0; i < lengths.length; i++) {
      Arrays.fill(targets, i * (length - 1) + lengths[i] - 1, (i + 1) * (length - 1), ignored);
    }
    return targets;
  }

  private int[] columns(int from) {
    int width = length - 1;
    int[] part = new int[lengths.length * width];
    for (int i = 0; i < lengths.length; i++) {
      System.arraycopy(tokens, i * length + from, part, i * width, width);
    }
    return part;
  }
}
