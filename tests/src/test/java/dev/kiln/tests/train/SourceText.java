package dev.kiln.tests.train;

import dev.kiln.ops.text.CharacterTokenizer;
import dev.kiln.ops.text.JdkSources;
import dev.kiln.ops.text.TokenSource;
import java.util.List;

/** Characters of the sources of the JDK, with runs of white space as one space. */
final class SourceText {
  private static final int BYTES = 120_000;

  final CharacterTokenizer tokenizer;
  final TokenSource training;
  final TokenSource validation;

  private SourceText(String text) {
    tokenizer = CharacterTokenizer.of(text);
    TokenSource.Parts parts =
        TokenSource.of(tokenizer.encode(text), tokenizer.vocabularySize()).split(0.1);
    training = parts.training();
    validation = parts.validation();
  }

  static SourceText read() {
    String text = JdkSources.ofThisJdk().read(List.of("java.base/java/util"), BYTES, false);
    return new SourceText(text.replaceAll("\\s+", " "));
  }

  /** How often each character occurs in the part for training. */
  long[] counts() {
    long[] counts = new long[tokenizer.vocabularySize()];
    for (int token : tokens(training)) {
      counts[token]++;
    }
    return counts;
  }

  /** Mean nats of a character of the validation part, told by how often each occurs. */
  double unigramLoss() {
    long[] counts = counts();
    double sum = 0;
    int[] told = tokens(validation);
    for (int token : told) {
      sum -= Math.log((counts[token] + 1.0) / (training.size() + counts.length));
    }
    return sum / told.length;
  }

  /** The character that occurs most. */
  int mostFrequent() {
    long[] counts = counts();
    int best = 0;
    for (int i = 1; i < counts.length; i++) {
      best = counts[i] > counts[best] ? i : best;
    }
    return best;
  }

  static int[] tokens(TokenSource source) {
    int[] tokens = new int[Math.toIntExact(source.size())];
    source.read(0, tokens, 0, tokens.length);
    return tokens;
  }
}
