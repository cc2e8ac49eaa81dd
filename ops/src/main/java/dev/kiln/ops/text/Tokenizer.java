package dev.kiln.ops.text;

import dev.kiln.runtime.KilnException;
import java.nio.file.Path;

/** Turns text into tokens, numbers from 0, and back. Immutable; may be used by several threads. */
public interface Tokenizer {
  /**
   * The tokens of a text.
   *
   * @throws KilnException if the text has a character that the tokenizer does not know
   */
  int[] encode(String text);

  /**
   * The text of tokens.
   *
   * @throws KilnException if a token is not from 0 to {@code vocabularySize - 1}
   */
  String decode(int... tokens);

  /** How many tokens there are. */
  int vocabularySize();

  /** A JSON document that {@link #parse} reads, for a file or a checkpoint. */
  String toJson();

  /** Writes {@link #toJson} as a whole or not at all. */
  default void save(Path file) {
    TokenizerJson.save(file, toJson());
  }

  /**
   * Reads what {@link #save} wrote, or a {@code tokenizer.json} of HuggingFace with byte-level BPE.
   *
   * @throws KilnException if the file cannot be read or holds another kind of tokenizer
   */
  static Tokenizer load(Path file) {
    return parse(TokenizerJson.read(file), file.toString());
  }

  /**
   * Reads {@link #toJson}.
   *
   * @param name what faults call it
   */
  static Tokenizer parse(String json, String name) {
    return TokenizerJson.parse(json, name);
  }
}
