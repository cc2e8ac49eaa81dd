package dev.kiln.ops.model;

import dev.kiln.ops.function.ContrastiveLosses;
import dev.kiln.ops.function.Embeddings;
import dev.kiln.ops.nn.Initialization;
import dev.kiln.ops.nn.Module;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Mode;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Vectors of words, learned from the words around them with negative sampling (Mikolov et al.,
 * "Efficient Estimation of Word Representations in Vector Space" and "Distributed Representations
 * of Words and Phrases", 2013). A word predicts a neighbour (skip-gram), or the mean of its
 * neighbours predicts the word (CBOW).
 *
 * <p>Parameters: {@code input}, the vectors that are asked for, and {@code output}, those of what
 * is predicted; each {@code words x width}. As in the authors' program, the first start even within
 * {@code 1 / (2 width)} of 0, the others at 0. Word 0 stands for unknown ones and for no word.
 */
public final class Word2Vec extends Module {
  private static final double EPS = 1e-8;

  private final Tensor input;
  private final Tensor output;
  private final Options options;

  /**
   * Sizes.
   *
   * @param words how many there are, the unknown one included
   * @param width numbers of a vector
   */
  public record Options(int words, int width) {
    public Options {
      if (words < 2 || width < 1) {
        throw new KilnException(
            "Word2Vec: there must be at least 2 words (%d) and 1 number of each (%d)"
                .formatted(words, width));
      }
    }
  }

  public Word2Vec(Context context, Options options) {
    super(context);
    this.options = options;
    double bound = 0.5 / options.width();
    Initialization even = Initialization.uniform(-bound, bound);
    input = parameter("input", even.make(context, options.words(), options.width()));
    output = parameter("output", context.zeros(input.dtype(), options.words(), options.width()));
  }

  public Options options() {
    return options;
  }

  /**
   * The mean loss of words that predict neighbours.
   *
   * @param centers {@code batch} words, i32 or i64
   * @param contexts {@code batch} words near them
   * @param negatives {@code batch x count} words that were drawn
   * @throws KilnException if the shapes do not fit
   */
  public Tensor skipGramLoss(Tensor centers, Tensor contexts, Tensor negatives) {
    requireWords(centers, contexts, negatives);
    Tensor loss = frame(() -> loss(Embeddings.embedding(centers, input), contexts, negatives));
    applied(List.of(centers, contexts, negatives), List.of(loss));
    return loss;
  }

  /**
   * The mean loss of words that are predicted by the mean of those around.
   *
   * @param contexts {@code batch x width} words, 0 behind the last
   * @param lengths how many words each context has, at least 1
   * @param centers {@code batch} words
   * @param negatives {@code batch x count} words that were drawn
   * @throws KilnException if the shapes do not fit
   */
  public Tensor cbowLoss(Tensor contexts, int[] lengths, Tensor centers, Tensor negatives) {
    requireWords(centers, centers, negatives);
    boolean fits = contexts.rank() == 2 && contexts.dim(0) == centers.dim(0);
    if (!fits || contexts.dtype().isFloat() || lengths.length != contexts.dim(0)) {
      throw new KilnException(
          "Word2Vec: contexts must be batch x width words with a length each, but are %s with %d"
              .formatted(contexts, lengths.length));
    }
    Tensor loss = frame(() -> loss(mean(contexts, lengths), centers, negatives));
    applied(List.of(contexts, centers, negatives), List.of(loss));
    return loss;
  }

  /** The mean of each context's vectors, as a product with weights of {@code 1/length} or 0. */
  private Tensor mean(Tensor contexts, int[] lengths) {
    int width = Math.toIntExact(contexts.dim(1));
    double[] weights = new double[lengths.length * width];
    for (int i = 0; i < lengths.length; i++) {
      if (lengths[i] < 1 || lengths[i] > width) {
        throw new KilnException(
            "Word2Vec: context %d must have 1 to %d words, not %d".formatted(i, width, lengths[i]));
      }
      Arrays.fill(weights, i * width, i * width + lengths[i], 1.0 / lengths[i]);
    }
    Tensor share = context().of(input.dtype(), weights, lengths.length, width, 1);
    return Embeddings.embedding(contexts, input).mul(share).sum(1);
  }

  private Tensor loss(Tensor given, Tensor seen, Tensor negatives) {
    return ContrastiveLosses.negativeSampling(
        given, Embeddings.embedding(seen, output), Embeddings.embedding(negatives, output));
  }

  private static void requireWords(Tensor centers, Tensor contexts, Tensor negatives) {
    boolean fits =
        centers.rank() == 1
            && Arrays.equals(centers.shape(), contexts.shape())
            && negatives.rank() == 2
            && negatives.dim(0) == centers.dim(0);
    boolean isWhole =
        !centers.dtype().isFloat() && !contexts.dtype().isFloat() && !negatives.dtype().isFloat();
    if (!fits || !isWhole) {
      throw new KilnException(
          "Word2Vec: words must be integers, two vectors and batch x count, but are %s, %s, %s"
              .formatted(centers, contexts, negatives));
    }
  }

  // Questions

  /** The table that questions are asked of: {@code words x width}. */
  public Tensor vectors() {
    return input;
  }

  /** The vector of a word. */
  public float[] vector(int word) {
    requireWord(word);
    try (Mode _ = context().noGrad();
        Scope _ = context().scope()) {
      return input.select(0, word).contiguous().toFloats();
    }
  }

  /** The cosine of the angle between two words' vectors. */
  public double similarity(int first, int second) {
    return cosine(vector(first), vector(second));
  }

  /**
   * The words whose vectors have the smallest angle to that of a word, closest first; neither the
   * word itself nor word 0.
   */
  public int[] nearest(int word, int count) {
    return nearest(vector(word), count, word);
  }

  /**
   * The words that are to {@code c} as {@code b} is to {@code a}: closest to {@code b - a + c} of
   * vectors of length 1; none of the three, nor word 0.
   */
  public int[] analogy(int a, int b, int c, int count) {
    float[] wanted = unit(vector(b));
    float[] less = unit(vector(a));
    float[] more = unit(vector(c));
    for (int i = 0; i < wanted.length; i++) {
      wanted[i] += more[i] - less[i];
    }
    return nearest(wanted, count, a, b, c);
  }

  private int[] nearest(float[] wanted, int count, int... without) {
    int width = options.width();
    float[] all = input.toFloats();
    double[] cosines = new double[options.words()];
    Arrays.setAll(
        cosines, word -> cosine(wanted, Arrays.copyOfRange(all, word * width, (word + 1) * width)));
    return IntStream.range(1, cosines.length)
        .filter(word -> Arrays.stream(without).noneMatch(other -> other == word))
        .boxed()
        .sorted(Comparator.comparingDouble(word -> -cosines[word]))
        .limit(count)
        .mapToInt(Integer::intValue)
        .toArray();
  }

  private void requireWord(int word) {
    if (word < 0 || word >= options.words()) {
      throw new KilnException("Word2Vec: %d is none of %d words".formatted(word, options.words()));
    }
  }

  private static float[] unit(float[] vector) {
    double length = Math.max(Math.sqrt(product(vector, vector)), EPS);
    float[] unit = new float[vector.length];
    for (int i = 0; i < unit.length; i++) {
      unit[i] = (float) (vector[i] / length);
    }
    return unit;
  }

  private static double cosine(float[] a, float[] b) {
    return product(a, b) / Math.max(Math.sqrt(product(a, a) * product(b, b)), EPS);
  }

  private static double product(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }
}
