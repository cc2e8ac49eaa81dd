package dev.kiln.ops.text;

import dev.kiln.runtime.KilnException;
import java.util.List;

/** A long row of tokens. May be read from several threads. */
public interface TokenSource {
  /** How many tokens there are. */
  long size();

  /** Tokens are from 0 to this, exclusive. */
  int vocabularySize();

  /**
   * Copies tokens {@code from} to {@code from + count - 1}.
   *
   * @param at where the first goes in the target
   * @throws KilnException if the row ends before, or holds what is no token
   */
  void read(long from, int[] target, int at, int count);

  /** Tokens in memory. */
  static TokenSource of(int[] tokens, int vocabularySize) {
    return new TokenArray(tokens, vocabularySize);
  }

  /** The tokens of several sources, one after the other. */
  static TokenSource joined(List<? extends TokenSource> parts) {
    return new TokenRow(parts);
  }

  /** The tokens {@code from} to {@code to - 1}, without a copy. */
  default TokenSource range(long from, long to) {
    return new TokenRange(this, from, to);
  }

  /**
   * Two parts.
   *
   * @param training from the start
   * @param validation what is left
   */
  record Parts(TokenSource training, TokenSource validation) {}

  /**
   * Takes the end away for validation.
   *
   * @param validation part of the tokens, above 0 and below 1
   * @throws KilnException if one of the parts would be empty
   */
  default Parts split(double validation) {
    long cut = size() - Math.round(size() * validation);
    if (!(validation > 0 && validation < 1) || cut < 1 || cut >= size()) {
      throw new KilnException(
          "%,d tokens cannot be split so that a part of %s is for validation"
              .formatted(size(), validation));
    }
    return new Parts(range(0, cut), range(cut, size()));
  }

  /** Refuses to read beyond the ends. */
  static void requireRange(long from, long count, long size) {
    if (from < 0 || count < 0 || from > size - count) {
      throw new KilnException(
          "tokens %,d to %,d are no part of %,d tokens".formatted(from, from + count, size));
    }
  }
}
