package dev.kiln.compiler.syntax;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.diagnostics.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.antlr.v4.runtime.Token;

/** String tokens to expressions: escapes, f-strings, and the joining of adjacent literals. */
final class StringLiterals {
  private final Source source;
  private final List<Expr> parts = new ArrayList<>();
  private final StringBuilder text = new StringBuilder();
  private boolean isFormatted;
  private Location at;

  StringLiterals(Source source) {
    this.source = source;
  }

  /**
   * Adjacent literals as one {@link Expr.StrLit}, or one {@link Expr.JoinedStr} if any of them is
   * an f-string.
   */
  Expr join(Location location, List<Token> tokens) {
    at = location;
    tokens.forEach(this::literal);
    if (!isFormatted) {
      return new Expr.StrLit(at, text.toString());
    }
    endText();
    return new Expr.JoinedStr(at, List.copyOf(parts));
  }

  private void literal(Token token) {
    String all = token.getText();
    int quoteAt = 0;
    while (all.charAt(quoteAt) != '\'' && all.charAt(quoteAt) != '"') {
      quoteAt++;
    }
    String prefix = all.substring(0, quoteAt).toLowerCase(Locale.ROOT);
    String quote = all.substring(quoteAt, quoteAt + 1);
    int width = all.startsWith(quote.repeat(3), quoteAt) && all.length() >= quoteAt + 6 ? 3 : 1;
    boolean raw = prefix.contains("r");
    int from = quoteAt + width;
    int to = all.length() - width;
    if (token.getType() == KernelPythonLexer.FSTRING) {
      isFormatted = true;
      formatted(token, all, from, to, raw);
    } else {
      unescape(token, all, from, to, raw, token.getType() == KernelPythonLexer.BYTES);
    }
  }

  private void endText() {
    if (!text.isEmpty()) {
      parts.add(new Expr.StrLit(at, text.toString()));
      text.setLength(0);
    }
  }

  // ---- escapes

  private void unescape(Token token, String all, int from, int to, boolean raw, boolean bytes) {
    for (int i = from; i < to; ) {
      char c = all.charAt(i);
      if (c == '\r' && i + 1 < to && all.charAt(i + 1) == '\n') {
        i++;
      } else if (c == '\\' && !raw && i + 1 < to) {
        i = escape(token, all, i, to, bytes);
      } else {
        text.append(c);
        i++;
      }
    }
  }

  /** Appends what the escape at {@code i} stands for and returns where it ends. */
  private int escape(Token token, String all, int i, int to, boolean bytes) {
    char c = all.charAt(i + 1);
    switch (c) {
      case '\r' -> {
        return i + (i + 2 < to && all.charAt(i + 2) == '\n' ? 3 : 2);
      }
      case '\n' -> {}
      case '\\', '\'', '"' -> text.append(c);
      case 'a' -> text.append('\u0007');
      case 'b' -> text.append('\b');
      case 'f' -> text.append('\f');
      case 'n' -> text.append('\n');
      case 'r' -> text.append('\r');
      case 't' -> text.append('\t');
      case 'v' -> text.append('\u000b');
      case 'x' -> {
        return hex(token, all, i, to, 2);
      }
      case '0', '1', '2', '3', '4', '5', '6', '7' -> {
        return octal(all, i + 1, to);
      }
      case 'u', 'U', 'N' -> {
        if (!bytes) {
          return c == 'N' ? named(token, all, i, to) : hex(token, all, i, to, c == 'u' ? 4 : 8);
        }
        text.append('\\').append(c);
      }
      default -> text.append('\\').append(c);
    }
    return i + 2;
  }

  private int octal(String all, int from, int to) {
    int value = 0;
    int i = from;
    while (i < to && i < from + 3 && all.charAt(i) >= '0' && all.charAt(i) <= '7') {
      value = value * 8 + all.charAt(i++) - '0';
    }
    text.append((char) value);
    return i;
  }

  private int hex(Token token, String all, int i, int to, int digits) {
    int end = i + 2 + digits;
    String number = end <= to ? all.substring(i + 2, end) : "";
    if (!number.matches("[0-9a-fA-F]+")
        || digits == 8 && Long.parseLong(number, 16) > Character.MAX_CODE_POINT) {
      throw CompilationException.at(
          within(token, all, i, i + 2),
          "'\\" + all.charAt(i + 1) + "' needs " + digits + " hexadecimal digits");
    }
    text.appendCodePoint(Integer.parseInt(number, 16));
    return end;
  }

  private int named(Token token, String all, int i, int to) {
    int close = all.indexOf('}', i);
    if (i + 2 < to && all.charAt(i + 2) == '{' && close > 0 && close < to) {
      try {
        text.appendCodePoint(Character.codePointOf(all.substring(i + 3, close)));
        return close + 1;
      } catch (IllegalArgumentException e) {
        // Reported below: the name is not one of Unicode's.
      }
    }
    throw CompilationException.at(
        within(token, all, i, i + 2), "'\\N' needs the name of a character in braces");
  }

  // ---- f-strings

  private void formatted(Token token, String all, int from, int to, boolean raw) {
    int i = from;
    int textFrom = from;
    while (i < to) {
      char c = all.charAt(i);
      if (c == '\\' && !raw) {
        // The name in \N{...} is no expression.
        i = all.startsWith("\\N{", i) ? all.indexOf('}', i) + 1 : i + 2;
      } else if (c != '{' && c != '}') {
        i++;
      } else {
        unescape(token, all, textFrom, i, raw, false);
        if (i + 1 < to && all.charAt(i + 1) == c) {
          text.append(c);
          i += 2;
        } else if (c == '{') {
          i = interpolation(token, all, i, to);
        } else {
          throw CompilationException.at(
              within(token, all, i, i + 1),
              "a single '}' in an f-string",
              "write '}}' for the character itself");
        }
        textFrom = i;
      }
    }
    unescape(token, all, textFrom, to, raw, false);
  }

  /** One braced part from {@code open} on; returns where it ends. */
  private int interpolation(Token token, String all, int open, int to) {
    int end = expressionEnd(all, open + 1, to);
    String expression = all.substring(open + 1, end);
    int i = end;
    boolean shown = i < to && all.charAt(i) == '=';
    if (shown) {
      do {
        i++;
      } while (i < to && Character.isWhitespace(all.charAt(i)));
      text.append(all, open + 1, i);
    }
    Optional<Character> conversion = Optional.empty();
    if (i < to && all.charAt(i) == '!') {
      conversion = Optional.of(conversion(token, all, i, to));
      i += 2;
    }
    Optional<String> spec = Optional.empty();
    if (i < to && all.charAt(i) == ':') {
      int specEnd = specEnd(all, i + 1, to);
      spec = Optional.of(all.substring(i + 1, specEnd));
      i = specEnd;
    }
    if (i >= to || all.charAt(i) != '}') {
      throw CompilationException.at(
          within(token, all, open, open + 1), "f-string has no closing '}' for its '{'");
    }
    if (shown && conversion.isEmpty() && spec.isEmpty()) {
      conversion = Optional.of('r');
    }
    var location = within(token, all, open, i + 1);
    if (expression.isBlank()) {
      throw CompilationException.at(location, "nothing stands between the braces of the f-string");
    }
    var start = within(token, all, open + 1, open + 2);
    var value = StatementParser.expression(source, expression, start.line(), start.column());
    endText();
    parts.add(new Expr.FormattedValue(location, value, conversion, spec));
    return i + 1;
  }

  private char conversion(Token token, String all, int i, int to) {
    char c = i + 1 < to ? all.charAt(i + 1) : ' ';
    if (c != 'r' && c != 's' && c != 'a') {
      throw CompilationException.at(
          within(token, all, i, i + 2), "'!' in an f-string needs r, s or a after it");
    }
    return c;
  }

  private static int expressionEnd(String all, int from, int to) {
    int depth = 0;
    for (int i = from; i < to; i++) {
      char c = all.charAt(i);
      if (c == '\'' || c == '"') {
        i = StringScanner.endOfLiteral(all, i) - 1;
      } else if (c == '(' || c == '[' || c == '{') {
        depth++;
      } else if (depth > 0) {
        depth -= c == ')' || c == ']' || c == '}' ? 1 : 0;
      } else if (c == '}'
          || c == ':'
          || c == '!' && all.charAt(i + 1) != '='
          || c == '=' && endsExpression(all, i)) {
        return i;
      }
    }
    return to;
  }

  /**
   * Whether the {@code =} at {@code i} asks to show the expression too, as in {@code f"{x = }"}.
   */
  private static boolean endsExpression(String all, int i) {
    if ("=!<>".indexOf(all.charAt(i - 1)) >= 0) {
      return false;
    }
    int next = i + 1;
    while (next < all.length() && all.charAt(next) == ' ') {
      next++;
    }
    return next < all.length() && "!:}".indexOf(all.charAt(next)) >= 0;
  }

  private static int specEnd(String all, int from, int to) {
    int depth = 0;
    for (int i = from; i < to; i++) {
      char c = all.charAt(i);
      if (depth > 0 && (c == '\'' || c == '"')) {
        i = StringScanner.endOfLiteral(all, i) - 1;
      } else if (c == '{') {
        depth++;
      } else if (c == '}' && depth-- == 0) {
        return i;
      }
    }
    return to;
  }

  /** The location of characters of a token, which may span lines. */
  private Location within(Token token, String all, int from, int to) {
    int line = token.getLine();
    int column = token.getCharPositionInLine() + 1;
    for (int i = 0; i < from; i++) {
      column++;
      if (all.charAt(i) == '\n') {
        line++;
        column = 1;
      }
    }
    return Location.of(source, line, column, column + to - from);
  }
}
