package dev.kiln.ops.text;

import dev.kiln.runtime.KilnException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * Finds the pairs of tokens to merge (Sennrich, Haddow, Birch: Neural machine translation of rare
 * words with subword units, 2016): over and over the most frequent pair, of equals that with the
 * lower numbers. The text's pieces are counted once; merging a pair changes the counts of its
 * neighbours only. Gives what HuggingFace's trainer gives for the same text and settings.
 */
public final class BytePairTraining {
  private final int vocabularySize;
  private final long minimumCount;
  private final List<String> specialTokens;

  private final Map<Piece, long[]> counts = new HashMap<>();

  /**
   * @param vocabularySize tokens that are wanted, special ones included: at least 256 and those
   * @param minimumCount how often a pair must occur to be merged
   * @param specialTokens names of tokens that no text has; they come first
   */
  public BytePairTraining(int vocabularySize, long minimumCount, List<String> specialTokens) {
    int least = ByteAlphabet.SIZE + specialTokens.size();
    if (vocabularySize < least) {
      throw new KilnException(
          "a byte-pair vocabulary needs at least %d tokens (256 bytes and %d special ones), not %d"
              .formatted(least, specialTokens.size(), vocabularySize));
    }
    for (String name : specialTokens) {
      requireSpecial(name);
    }
    if (new HashSet<>(specialTokens).size() < specialTokens.size()) {
      throw new KilnException("a special token is named twice: " + specialTokens);
    }
    this.vocabularySize = vocabularySize;
    this.minimumCount = Math.max(1, minimumCount);
    this.specialTokens = List.copyOf(specialTokens);
  }

  /** Pairs must occur twice; one special token, {@code <|endoftext|>}, is token 0. */
  public BytePairTraining(int vocabularySize) {
    this(vocabularySize, 2, List.of(BytePairTokenizer.END_OF_TEXT));
  }

  /** A name that is one piece could come out of merging, too. */
  private static void requireSpecial(String name) {
    byte[] bytes = BytePairTokenizer.utf8(name);
    var pieces = new PreTokens(bytes, 0, bytes.length);
    if (!pieces.advance() || pieces.end() == bytes.length) {
      throw new KilnException(
          "the special token \"%s\" could be taken for a word; put it in brackets, as <|%s|>"
              .formatted(name, name));
    }
  }

  /** Counts the pieces of a text. */
  public BytePairTraining add(String text) {
    return add(BytePairTokenizer.utf8(text));
  }

  /** Counts the pieces of bytes, commonly UTF-8. */
  public BytePairTraining add(byte[] text) {
    var pieces = new PreTokens(text, 0, text.length);
    var key = new Piece();
    while (pieces.advance()) {
      long[] count = counts.get(key.set(text, pieces.start(), pieces.end()));
      if (count == null) {
        counts.put(key.copy(), new long[] {1});
      } else {
        count[0]++;
      }
    }
    return this;
  }

  /** A word: the tokens that it has been merged to so far, and how often it occurs. */
  private static final class Word {
    final int[] tokens;
    final long count;
    int length;

    Word(int[] tokens, long count) {
      this.tokens = tokens;
      this.count = count;
      length = tokens.length;
    }
  }

  /** A pair: how often it occurs, and the words that have, or had, it. */
  private static final class Pair {
    final long key;
    long count;
    int[] words = new int[4];
    int size;

    Pair(long key) {
      this.key = key;
    }

    void add(int word) {
      if (size > 0 && words[size - 1] == word) {
        return;
      }
      if (size == words.length) {
        words = Arrays.copyOf(words, 2 * size);
      }
      words[size++] = word;
    }
  }

  /** A pair with the count that it had when it was queued. */
  private record Candidate(long count, long key) implements Comparable<Candidate> {
    @Override
    public int compareTo(Candidate other) {
      return count != other.count ? Long.compare(other.count, count) : Long.compare(key, other.key);
    }
  }

  /**
   * Merges until the vocabulary is full or no pair is frequent enough.
   *
   * @throws KilnException if no text was added
   */
  public BytePairTokenizer train() {
    if (counts.isEmpty()) {
      throw new KilnException("byte pairs cannot be trained without any text");
    }
    return new Merging().run();
  }

  /** The state of one training. */
  private final class Merging {
    private final Map<Piece, Integer> tokenOf = new HashMap<>();
    private final List<byte[]> tokens = BytePairTokenizer.unmerged(specialTokens);
    private final List<int[]> merges = new ArrayList<>();
    private final List<Integer> merged = new ArrayList<>();
    private final Word[] words = words();
    private final Map<Long, Pair> pairs = new HashMap<>();
    private final PriorityQueue<Candidate> queue = new PriorityQueue<>();
    private final List<Pair> raised = new ArrayList<>();

    BytePairTokenizer run() {
      countPairs();
      while (tokens.size() < vocabularySize) {
        Pair best = best();
        if (best == null) {
          break;
        }
        int left = (int) (best.key >>> 32);
        int right = (int) best.key;
        int token = token(left, right);
        merges.add(new int[] {left, right});
        merged.add(token);
        pairs.remove(best.key);
        for (int i = 0; i < best.size; i++) {
          merge(best.words[i], left, right, token);
        }
        queueRaised();
      }
      return new BytePairTokenizer(
          tokens.toArray(byte[][]::new), BytePairTokenizer.numbered(specialTokens), merges, merged);
    }

    /** Two pairs may have the same bytes, (ab, c) and (a, bc): they become the same token. */
    private int token(int left, int right) {
      byte[] both = BytePairTokenizer.joined(tokens.get(left), tokens.get(right));
      int next = tokens.size();
      int token = tokenOf.computeIfAbsent(new Piece().set(both, 0, both.length), k -> next);
      if (token == next) {
        tokens.add(both);
      }
      return token;
    }

    private Word[] words() {
      var all = new ArrayList<Word>(counts.size());
      for (var entry : counts.entrySet()) {
        byte[] bytes = entry.getKey().bytes();
        int[] tokens = new int[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
          tokens[i] = specialTokens.size() + ByteAlphabet.tokenOf(bytes[i]);
        }
        all.add(new Word(tokens, entry.getValue()[0]));
      }
      return all.toArray(Word[]::new);
    }

    private void countPairs() {
      for (int w = 0; w < words.length; w++) {
        Word word = words[w];
        for (int i = 0; i + 1 < word.length; i++) {
          change(word.tokens[i], word.tokens[i + 1], word.count, w);
        }
      }
      queueRaised();
    }

    /** The most frequent pair, or null. Queued counts may be out of date, but never too low. */
    private Pair best() {
      while (!queue.isEmpty()) {
        Candidate top = queue.remove();
        Pair pair = pairs.get(top.key);
        if (pair == null || pair.count < minimumCount) {
          continue;
        }
        if (pair.count == top.count) {
          return pair;
        }
        queue.add(new Candidate(pair.count, pair.key));
      }
      return null;
    }

    private void merge(int w, int left, int right, int merged) {
      Word word = words[w];
      int to = 0;
      for (int i = 0; i < word.length; i++) {
        boolean found =
            word.tokens[i] == left && i + 1 < word.length && word.tokens[i + 1] == right;
        if (!found) {
          word.tokens[to++] = word.tokens[i];
          continue;
        }
        if (to > 0) {
          change(word.tokens[to - 1], left, -word.count, w);
          change(word.tokens[to - 1], merged, word.count, w);
        }
        if (i + 2 < word.length) {
          change(right, word.tokens[i + 2], -word.count, w);
          change(merged, word.tokens[i + 2], word.count, w);
        }
        word.tokens[to++] = merged;
        i++;
      }
      word.length = to;
    }

    private void change(int left, int right, long by, int word) {
      long key = (long) left << 32 | right;
      if (by < 0) {
        Pair pair = pairs.get(key);
        if (pair != null) {
          pair.count += by;
        }
        return;
      }
      Pair pair = pairs.computeIfAbsent(key, Pair::new);
      pair.count += by;
      pair.add(word);
      raised.add(pair);
    }

    private void queueRaised() {
      for (Pair pair : raised) {
        if (pair.count >= minimumCount) {
          queue.add(new Candidate(pair.count, pair.key));
        }
      }
      raised.clear();
    }
  }
}
