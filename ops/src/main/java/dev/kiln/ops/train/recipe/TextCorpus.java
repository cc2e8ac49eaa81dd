package dev.kiln.ops.train.recipe;

import dev.kiln.ops.text.BytePairTraining;
import dev.kiln.ops.text.CharacterTokenizer;
import dev.kiln.ops.text.TokenSource;
import dev.kiln.ops.text.Tokenizer;
import dev.kiln.runtime.KilnException;

/**
 * Text as tokens, its end held out.
 *
 * @param name what people call it
 * @param content a checksum of the tokens
 */
public record TextCorpus(
    String name, String content, Tokenizer tokenizer, TokenSource.Parts parts) {
  /** Byte pairs are learned from so much text at most: more changes hardly any of them. */
  private static final int LEARNED_FROM = 4 << 20;

  /**
   * Reads a text.
   *
   * @param validation part of the tokens that is held out, at the end
   * @throws KilnException if the text has characters that the tokenizer does not know, or is too
   *     short
   */
  public static TextCorpus of(String name, String text, Tokenizer tokenizer, double validation) {
    int[] tokens = tokenizer.encode(text);
    return new TextCorpus(
        name,
        new ContentSum().add(tokens).toString(),
        tokenizer,
        TokenSource.of(tokens, tokenizer.vocabularySize()).split(validation));
  }

  /**
   * Takes tokens that are there already, such as those of a file.
   *
   * @throws KilnException if there are tokens that the tokenizer does not have
   */
  public static TextCorpus of(
      String name, TokenSource tokens, Tokenizer tokenizer, double validation) {
    if (tokens.vocabularySize() > tokenizer.vocabularySize()) {
      throw new KilnException(
          "%s: has a vocabulary of %,d tokens, but the tokenizer knows %,d"
              .formatted(name, tokens.vocabularySize(), tokenizer.vocabularySize()));
    }
    String content = "%,d tokens of %s".formatted(tokens.size(), name);
    return new TextCorpus(name, content, tokenizer, tokens.split(validation));
  }

  /** A tokenizer that knows the characters of a text. */
  public static Tokenizer characters(String text) {
    return CharacterTokenizer.of(text);
  }

  /**
   * A tokenizer of byte pairs that are frequent in a text.
   *
   * @param vocabulary tokens, at least 257
   */
  public static Tokenizer bytePairs(String text, int vocabulary) {
    String part = text.length() > LEARNED_FROM ? text.substring(0, LEARNED_FROM) : text;
    return new BytePairTraining(vocabulary).add(part).train();
  }
}
