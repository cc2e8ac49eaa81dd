package dev.kiln.ops.text;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kiln.ops.data.AliasTable;
import dev.kiln.runtime.KilnException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The most frequent words of a text, with numbers from 1, the most frequent first; 0 stands for all
 * others. Immutable.
 */
public final class WordVocabulary {
  /** Name of word 0. */
  public static final String UNKNOWN = "<unk>";

  /** What counts are raised to for negative samples (Mikolov et al., 2013). */
  private static final double NEGATIVE_POWER = 0.75;

  private final List<String> words;
  private final long[] counts;
  private final Map<String, Integer> numbers = new HashMap<>();

  private WordVocabulary(List<String> words, long[] counts) {
    this.words = List.copyOf(words);
    this.counts = counts;
    for (int i = 0; i < words.size(); i++) {
      numbers.put(words.get(i), i);
    }
  }

  /** The words of a text: runs of letters and digits, in lower case. */
  public static List<String> words(String text) {
    var words = new ArrayList<String>();
    int from = -1;
    for (int i = 0; i <= text.length(); ) {
      int point = i < text.length() ? text.codePointAt(i) : -1;
      boolean inside = point >= 0 && Character.isLetterOrDigit(point);
      if (inside && from < 0) {
        from = i;
      } else if (!inside && from >= 0) {
        words.add(text.substring(from, i).toLowerCase(Locale.ROOT));
        from = -1;
      }
      i += Math.max(1, Character.charCount(Math.max(0, point)));
    }
    return words;
  }

  /**
   * Counts words and keeps the most frequent; of equally frequent ones, the first of the alphabet.
   *
   * @param most how many to keep
   * @param minimumCount how often a word must occur to be kept
   * @throws KilnException if none is left
   */
  public static WordVocabulary of(List<String> text, int most, long minimumCount) {
    var counted = new HashMap<String, Long>();
    text.forEach(w -> counted.merge(w, 1L, Long::sum));
    List<Map.Entry<String, Long>> kept =
        counted.entrySet().stream()
            .filter(e -> e.getValue() >= minimumCount && !e.getKey().equals(UNKNOWN))
            .sorted(
                Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                    .thenComparing(Map.Entry.comparingByKey()))
            .limit(most)
            .toList();
    if (kept.isEmpty()) {
      throw new KilnException(
          "none of %,d different words occurs %,d times".formatted(counted.size(), minimumCount));
    }
    var words = new ArrayList<String>(List.of(UNKNOWN));
    long[] counts = new long[kept.size() + 1];
    counts[0] = text.size();
    for (var entry : kept) {
      counts[words.size()] = entry.getValue();
      counts[0] -= entry.getValue();
      words.add(entry.getKey());
    }
    return new WordVocabulary(words, counts);
  }

  /** How many words there are, the unknown one included. */
  public int size() {
    return words.size();
  }

  /** A word's number; 0 if it is unknown. */
  public int number(String word) {
    return numbers.getOrDefault(word, 0);
  }

  /** The numbers of words. */
  public int[] encode(List<String> text) {
    return text.stream().mapToInt(this::number).toArray();
  }

  /** The word of a number. */
  public String word(int number) {
    TokenizerJson.requireToken(number, words.size());
    return words.get(number);
  }

  /** How often the word occurred; of 0, all that were not kept. */
  public long count(int number) {
    TokenizerJson.requireToken(number, words.size());
    return counts[number];
  }

  /**
   * How likely an occurrence of a word stays when frequent words are thinned out: {@code
   * sqrt(threshold / share)}, at most 1 (Mikolov et al.: Distributed representations of words and
   * phrases, 2013).
   *
   * @param threshold share of the text from which words are thinned out, such as 1e-4; 0 for never
   */
  public double keepProbability(int number, double threshold) {
    if (threshold <= 0 || count(number) == 0) {
      return 1;
    }
    double total = 0;
    for (long count : counts) {
      total += count;
    }
    return Math.min(1, Math.sqrt(threshold * total / counts[number]));
  }

  /** Draws words for negative samples: by count to the power of 3/4, never the unknown one. */
  public AliasTable negatives() {
    double[] weights = new double[counts.length];
    for (int i = 1; i < weights.length; i++) {
      weights[i] = StrictMath.pow(counts[i], NEGATIVE_POWER);
    }
    return new AliasTable(weights);
  }

  /** {@code {"kiln": "words", "words": [...], "counts": [...]}}. */
  public String toJson() {
    ObjectNode root = TokenizerJson.object();
    root.put("kiln", "words");
    ArrayNode names = root.putArray("words");
    words.forEach(names::add);
    ArrayNode numbersOf = root.putArray("counts");
    for (long count : counts) {
      numbersOf.add(count);
    }
    return root.toString();
  }

  /**
   * Reads {@link #toJson}.
   *
   * @param name what faults call it
   */
  public static WordVocabulary fromJson(String json, String name) {
    ObjectNode root = TokenizerJson.document(json, name);
    var words = new ArrayList<String>();
    root.path("words").forEach(w -> words.add(w.asText()));
    long[] counts = new long[root.path("counts").size()];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = root.path("counts").get(i).asLong(-1);
    }
    if (words.size() < 2 || counts.length != words.size() || !words.getFirst().equals(UNKNOWN)) {
      throw new KilnException(name + ": is no vocabulary of words");
    }
    return new WordVocabulary(words, counts);
  }
}
