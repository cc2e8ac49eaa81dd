package dev.kiln.ops.text;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kiln.runtime.KilnException;
import java.util.HashMap;
import java.util.Map;

/**
 * One token for each character (Unicode code point) that a text has, ascending. Immutable.
 *
 * <p>Its JSON is Kiln's own: {@code {"kiln": "characters", "version": 1, "characters": [...]}} with
 * code points.
 */
public final class CharacterTokenizer implements Tokenizer {
  static final String KIND = "characters";

  private final int[] characters;
  private final Map<Integer, Integer> tokens = new HashMap<>();

  private CharacterTokenizer(int[] characters) {
    if (characters.length == 0) {
      throw new KilnException("a tokenizer of characters needs a text with at least one");
    }
    this.characters = characters;
    for (int i = 0; i < characters.length; i++) {
      tokens.put(characters[i], i);
    }
  }

  /**
   * Knows the characters of a text.
   *
   * @throws KilnException if the text is empty
   */
  public static CharacterTokenizer of(String text) {
    return new CharacterTokenizer(text.codePoints().sorted().distinct().toArray());
  }

  @Override
  public int[] encode(String text) {
    int[] points = text.codePoints().toArray();
    for (int i = 0; i < points.length; i++) {
      Integer token = tokens.get(points[i]);
      if (token == null) {
        throw new KilnException(
            "character %,d of the text, %s (U+%04X), is not among the %d characters of the tokenizer"
                .formatted(i, Character.toString(points[i]).strip(), points[i], characters.length));
      }
      points[i] = token;
    }
    return points;
  }

  @Override
  public String decode(int... tokens) {
    var text = new StringBuilder(tokens.length);
    for (int token : tokens) {
      TokenizerJson.requireToken(token, characters.length);
      text.appendCodePoint(characters[token]);
    }
    return text.toString();
  }

  @Override
  public int vocabularySize() {
    return characters.length;
  }

  @Override
  public String toJson() {
    ObjectNode root = TokenizerJson.object();
    root.put("kiln", KIND);
    root.put("version", 1);
    ArrayNode points = root.putArray("characters");
    for (int point : characters) {
      points.add(point);
    }
    return root.toPrettyString();
  }

  static CharacterTokenizer fromJson(ObjectNode root, String name) {
    var points = root.path("characters");
    int[] characters = new int[points.size()];
    for (int i = 0; i < characters.length; i++) {
      characters[i] = points.get(i).asInt(-1);
      if (!Character.isValidCodePoint(characters[i])
          || i > 0 && characters[i] <= characters[i - 1]) {
        throw new KilnException(
            "%s: entry %d of \"characters\" is %s, not a code point above the one before"
                .formatted(name, i, points.get(i)));
      }
    }
    if (characters.length == 0) {
      throw new KilnException(name + ": \"characters\" is missing or empty");
    }
    return new CharacterTokenizer(characters);
  }
}
