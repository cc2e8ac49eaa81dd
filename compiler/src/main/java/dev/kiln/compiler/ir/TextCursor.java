package dev.kiln.compiler.ir;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.diagnostics.Source;
import java.util.Arrays;

/**
 * A position in a text of tile IR. Blank space, line feeds and comments ({@code ;} to the end of
 * the line) separate words and mean nothing else.
 */
final class TextCursor {
  private final Source source;
  private final String text;
  private final int[] lineStarts;
  private int position;

  TextCursor(Source source) {
    this.source = source;
    this.text = source.text();
    int[] starts = new int[16];
    int lines = 1;
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) == '\n') {
        starts = lines == starts.length ? Arrays.copyOf(starts, 2 * lines) : starts;
        starts[lines++] = i + 1;
      }
    }
    lineStarts = Arrays.copyOf(starts, lines);
    skipBlank();
  }

  private void skipBlank() {
    while (position < text.length()) {
      char c = text.charAt(position);
      if (c == ';') {
        int end = text.indexOf('\n', position);
        position = end < 0 ? text.length() : end;
      } else if (Character.isWhitespace(c)) {
        position++;
      } else {
        return;
      }
    }
  }

  boolean atEnd() {
    return position >= text.length();
  }

  /** Where the next word begins. */
  Location location() {
    int line = Arrays.binarySearch(lineStarts, position);
    line = line < 0 ? -line - 2 : line;
    int column = position - lineStarts[line] + 1;
    return Location.of(source, line + 1, column, column + 1);
  }

  CompilationException error(String message) {
    return CompilationException.at(location(), message);
  }

  CompilationException expected(String what) {
    if (atEnd()) {
      return error("expected " + what + ", but the text ends here");
    }
    int end = position + 1;
    if (ValueNames.isNameCharacter(text.charAt(position))) {
      end = endOfWord(position);
    }
    return error("expected " + what + ", found '" + text.substring(position, end) + "'");
  }

  boolean at(char c) {
    return position < text.length() && text.charAt(position) == c;
  }

  /** Steps over a punctuation mark if it comes next. */
  boolean accept(char c) {
    if (!at(c)) {
      return false;
    }
    position++;
    skipBlank();
    return true;
  }

  void expect(char c) {
    if (!accept(c)) {
      throw expected("'" + c + "'");
    }
  }

  boolean atWord(String word) {
    return text.startsWith(word, position) && endOfWord(position) == position + word.length();
  }

  /** Steps over a word if it comes next. */
  boolean acceptWord(String word) {
    if (!atWord(word)) {
      return false;
    }
    position += word.length();
    skipBlank();
    return true;
  }

  void expectWord(String word) {
    if (!acceptWord(word)) {
      throw expected("'" + word + "'");
    }
  }

  private int endOfWord(int start) {
    int end = start;
    while (end < text.length() && ValueNames.isNameCharacter(text.charAt(end))) {
      end++;
    }
    return end;
  }

  /** Letters, digits and underscores. */
  String word(String what) {
    int end = endOfWord(position);
    if (end == position) {
      throw expected(what);
    }
    String word = text.substring(position, end);
    position = end;
    skipBlank();
    return word;
  }

  /** Everything up to a mark, which is stepped over too. */
  String until(char mark) {
    int end = text.indexOf(mark, position);
    if (end < 0) {
      throw error("expected '" + mark + "' later on");
    }
    String part = text.substring(position, end);
    position = end + 1;
    skipBlank();
    return part;
  }

  int integer() {
    Location start = location();
    String digits = numberText();
    try {
      return Integer.parseInt(digits);
    } catch (NumberFormatException e) {
      throw CompilationException.at(start, "expected an integer, found '" + digits + "'");
    }
  }

  /** The characters of a number: digits, letters, signs and points. */
  String numberText() {
    int end = position;
    while (end < text.length() && isNumberCharacter(end)) {
      end++;
    }
    if (end == position) {
      throw expected("a number");
    }
    String number = text.substring(position, end);
    position = end;
    skipBlank();
    return number;
  }

  private boolean isNumberCharacter(int at) {
    char c = text.charAt(at);
    return ValueNames.isNameCharacter(c) || c == '.' || c == '-' || c == '+';
  }

  /** A text in double quotes; {@code \" \\ \n \t} and {@code \}{@code uXXXX} as in Java. */
  String string() {
    if (!at('"')) {
      throw expected("a text in double quotes");
    }
    var value = new StringBuilder();
    int i = position + 1;
    while (i < text.length() && text.charAt(i) != '"' && text.charAt(i) != '\n') {
      char c = text.charAt(i++);
      if (c != '\\' || i >= text.length()) {
        value.append(c);
        continue;
      }
      char escape = text.charAt(i++);
      switch (escape) {
        case 'n' -> value.append('\n');
        case 't' -> value.append('\t');
        case 'u' -> {
          value.append((char) Integer.parseInt(text, i, Math.min(i + 4, text.length()), 16));
          i += 4;
        }
        default -> value.append(escape);
      }
    }
    if (i >= text.length() || text.charAt(i) != '"') {
      throw error("the text in quotes does not end on this line");
    }
    position = i + 1;
    skipBlank();
    return value.toString();
  }
}
