package dev.kiln.ops.text;

import dev.kiln.ops.data.AliasTable;
import dev.kiln.ops.data.BatchPlan;
import dev.kiln.ops.data.Sampler;
import dev.kiln.ops.data.Seed;
import dev.kiln.runtime.KilnException;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;

/**
 * Examples for word2vec: each word with the words around it, and words drawn at random that are not
 * (Mikolov et al.: Distributed representations of words and phrases, 2013). Frequent words are
 * thinned out, unknown ones left out, both before windows are laid; each word's window is drawn
 * from 1 to the widest. A pure function of (seed, epoch, batch); the number of batches differs a
 * little from epoch to epoch. Holds the examples of one epoch in memory.
 *
 * @param <B> a batch: {@link SkipGram} or {@link Cbow}
 */
public final class WordPairs<B> implements BatchPlan<B> {
  /**
   * What to draw.
   *
   * @param window most words before, and behind
   * @param negatives words drawn for each example
   * @param batch examples of a batch
   * @param threshold of {@link WordVocabulary#keepProbability}
   */
  public record Settings(int window, int negatives, int batch, double threshold, long seed) {
    public Settings {
      if (window < 1 || negatives < 1 || batch < 1) {
        throw new KilnException(
            "window, negatives and batch must be at least 1, not %d, %d and %d"
                .formatted(window, negatives, batch));
      }
    }
  }

  /**
   * A word predicts one of its neighbours.
   *
   * @param centers {@code batch} words
   * @param contexts {@code batch} words near them
   * @param negatives {@code batch x negatives} words, none the context
   */
  public record SkipGram(int[] centers, int[] contexts, int[] negatives) {}

  /**
   * The words around predict the one between them.
   *
   * @param contexts {@code batch x width} words, 0 behind the last
   * @param lengths how many words each context has, at least 1
   * @param centers {@code batch} words
   * @param negatives {@code batch x negatives} words, none the center
   */
  public record Cbow(int[] contexts, int[] lengths, int width, int[] centers, int[] negatives) {}

  /** Makes a batch of examples, each a row of the epoch. */
  private interface Making<B> {
    B make(Epoch epoch, int[] rows, SplittableRandom random);
  }

  /**
   * The examples of an epoch.
   *
   * @param words {@code rows x width}: what is predicted, then what it is predicted by, then 0
   */
  private record Epoch(int number, int[] words, int width, int[] order) {}

  private final List<int[]> sentences;
  private final Settings settings;
  private final AliasTable negatives;
  private final double[] keep;
  private final boolean pairs;
  private final Seed seed;
  private final Making<B> making;
  private volatile Epoch epoch = new Epoch(-1, new int[0], 1, new int[0]);

  private WordPairs(
      List<int[]> sentences,
      WordVocabulary vocabulary,
      Settings settings,
      boolean pairs,
      Function<WordPairs<B>, Making<B>> making) {
    if (vocabulary.size() < 3) {
      throw new KilnException("negative samples need at least two words in the vocabulary");
    }
    this.sentences = List.copyOf(sentences);
    this.settings = settings;
    this.pairs = pairs;
    negatives = vocabulary.negatives();
    keep = new double[vocabulary.size()];
    for (int i = 1; i < keep.length; i++) {
      keep[i] = vocabulary.keepProbability(i, settings.threshold());
    }
    seed = new Seed(settings.seed()).derive("words");
    this.making = making.apply(this);
  }

  /** Pairs of words; windows do not go beyond a sentence. */
  public static WordPairs<SkipGram> skipGram(
      List<int[]> sentences, WordVocabulary vocabulary, Settings settings) {
    return new WordPairs<>(sentences, vocabulary, settings, true, p -> p::skipGram);
  }

  /** Words with all that is around them; windows do not go beyond a sentence. */
  public static WordPairs<Cbow> cbow(
      List<int[]> sentences, WordVocabulary vocabulary, Settings settings) {
    return new WordPairs<>(sentences, vocabulary, settings, false, p -> p::cbow);
  }

  @Override
  public int batches(int epoch) {
    int batches = examplesOf(epoch).order.length / settings.batch();
    if (batches == 0) {
      throw new KilnException(
          "epoch %d has only %,d examples, fewer than a batch of %,d"
              .formatted(epoch, this.epoch.order.length, settings.batch()));
    }
    return batches;
  }

  @Override
  public B batch(int number, int batch) {
    BatchPlan.requireBatch(number, batch, batches(number));
    Epoch held = examplesOf(number);
    int from = batch * settings.batch();
    int[] rows = Arrays.copyOfRange(held.order, from, from + settings.batch());
    return making.make(held, rows, seed.derive("negatives").derive(number).derive(batch).random());
  }

  private Epoch examplesOf(int number) {
    Epoch held = epoch;
    if (held.number != number) {
      held = examples(number);
      epoch = held;
    }
    return held;
  }

  private Epoch examples(int number) {
    int width = pairs ? 2 : 1 + 2 * settings.window();
    int[] words = new int[1024 * width];
    int size = 0;
    Seed drawn = seed.derive(number);
    for (int s = 0; s < sentences.size(); s++) {
      SplittableRandom random = drawn.derive(s).random();
      int[] kept =
          Arrays.stream(sentences.get(s))
              .filter(w -> w > 0 && random.nextDouble() < keep[w])
              .toArray();
      int most = kept.length * 2 * settings.window() * width;
      if (size + most > words.length) {
        words = Arrays.copyOf(words, Math.max(2 * words.length, size + most));
      }
      size = windows(kept, random, words, size, width);
    }
    int[] order = Sampler.ascending(0, size / width);
    return new Epoch(
        number, Arrays.copyOf(words, size), width, Sampler.shuffle(order, drawn.derive("order")));
  }

  private int windows(int[] kept, SplittableRandom random, int[] words, int size, int width) {
    if (kept.length < 2) {
      return size;
    }
    for (int at = 0; at < kept.length; at++) {
      int reach = 1 + random.nextInt(settings.window());
      int first = size;
      if (!pairs) {
        words[size++] = kept[at];
      }
      for (int i = Math.max(0, at - reach); i <= Math.min(kept.length - 1, at + reach); i++) {
        if (i != at) {
          words[size++] = kept[i];
          if (pairs) {
            words[size++] = kept[at];
          }
        }
      }
      if (!pairs) {
        Arrays.fill(words, size, first + width, 0);
        size = first + width;
      }
    }
    return size;
  }

  private SkipGram skipGram(Epoch held, int[] rows, SplittableRandom random) {
    int[] centers = new int[rows.length];
    int[] contexts = new int[rows.length];
    for (int i = 0; i < rows.length; i++) {
      contexts[i] = held.words[rows[i] * 2];
      centers[i] = held.words[rows[i] * 2 + 1];
    }
    return new SkipGram(centers, contexts, drawNegatives(contexts, random));
  }

  private Cbow cbow(Epoch held, int[] rows, SplittableRandom random) {
    int width = held.width - 1;
    int[] centers = new int[rows.length];
    int[] contexts = new int[rows.length * width];
    int[] lengths = new int[rows.length];
    for (int i = 0; i < rows.length; i++) {
      int from = rows[i] * held.width;
      centers[i] = held.words[from];
      System.arraycopy(held.words, from + 1, contexts, i * width, width);
      while (lengths[i] < width && contexts[i * width + lengths[i]] != 0) {
        lengths[i]++;
      }
    }
    return new Cbow(contexts, lengths, width, centers, drawNegatives(centers, random));
  }

  private int[] drawNegatives(int[] right, SplittableRandom random) {
    int[] drawn = new int[right.length * settings.negatives()];
    for (int i = 0; i < drawn.length; i++) {
      do {
        drawn[i] = negatives.draw(random);
      } while (drawn[i] == right[i / settings.negatives()]);
    }
    return drawn;
  }

  @Override
  public String fingerprint() {
    return "%s of %d sentences and %d words, %s"
        .formatted(pairs ? "skip-grams" : "cbow", sentences.size(), keep.length, settings);
  }
}
