package dev.kiln.compiler.syntax;

import java.util.Locale;

/** Finds where a string literal ends, given where it begins. */
final class StringScanner {
  /**
   * A literal's extent: {@code text[start, end)}.
   *
   * @param isFormatted whether it is an f-string
   * @param isTriple whether its quotes are tripled, so that it may span lines
   * @param fault what is missing at {@code end}, or null
   */
  record Extent(int end, boolean isFormatted, boolean isBytes, boolean isTriple, String fault) {}

  private final String text;
  private int at;
  private String fault;

  private StringScanner(String text, int at) {
    this.text = text;
    this.at = at;
  }

  /** The literal whose prefix, if it has one, begins at {@code start}. */
  static Extent scan(String text, int start) {
    int quoteAt = start;
    while (!isQuote(text.charAt(quoteAt))) {
      quoteAt++;
    }
    String prefix = text.substring(start, quoteAt).toLowerCase(Locale.ROOT);
    boolean formatted = prefix.contains("f");
    int quote = text.charAt(quoteAt);
    boolean triple = text.startsWith(Character.toString(quote).repeat(3), quoteAt);
    var scanner = new StringScanner(text, quoteAt);
    scanner.literal(formatted);
    return new Extent(scanner.at, formatted, prefix.contains("b"), triple, scanner.fault);
  }

  /** Where the literal ends whose opening quote is at {@code quoteAt}, after any prefix. */
  static int endOfLiteral(String text, int quoteAt) {
    var scanner = new StringScanner(text, quoteAt);
    scanner.literal(scanner.hasFormatPrefix());
    return scanner.at;
  }

  private static boolean isQuote(int c) {
    return c == '\'' || c == '"';
  }

  private int peek(int offset) {
    return at + offset < text.length() ? text.charAt(at + offset) : -1;
  }

  private static boolean isLineEnd(int c) {
    return c == '\n' || c == '\r';
  }

  /** From the opening quote to after the closing one. */
  private void literal(boolean formatted) {
    int quote = peek(0);
    boolean triple = peek(1) == quote && peek(2) == quote;
    at += triple ? 3 : 1;
    while (fault == null) {
      int c = peek(0);
      if (c == -1 || !triple && isLineEnd(c)) {
        fault =
            (formatted ? "f-string" : "string")
                + (triple ? " in triple quotes" : "")
                + " has no closing "
                + Character.toString(quote).repeat(triple ? 3 : 1);
      } else if (c == '\\') {
        escape();
      } else if (closes(quote, triple)) {
        at += triple ? 3 : 1;
        return;
      } else if (formatted && c == '{') {
        if (peek(1) == '{') {
          at += 2;
        } else {
          interpolation(quote, triple);
        }
      } else {
        at++;
      }
    }
  }

  private boolean closes(int quote, boolean triple) {
    return peek(0) == quote && (!triple || peek(1) == quote && peek(2) == quote);
  }

  /** A backslash and what it escapes; a raw string's backslash too keeps a quote from closing. */
  private void escape() {
    at += peek(1) == '\r' && peek(2) == '\n' ? 3 : peek(1) == -1 ? 1 : 2;
  }

  /** From <code>{</code> to after its <code>}</code>. */
  private void interpolation(int quote, boolean triple) {
    at++;
    int depth = 0;
    while (fault == null) {
      int c = peek(0);
      if (c == -1 || !triple && isLineEnd(c) || triple && closes(quote, true)) {
        fault = "f-string has no closing '}' for its '{'";
      } else if (isQuote(c)) {
        literal(hasFormatPrefix());
        fault = fault == null ? null : "f-string has no closing '}' for its '{'";
      } else if (c == '}' && depth == 0) {
        at++;
        return;
      } else if (c == ':' && depth == 0) {
        at++;
        formatSpec(quote, triple);
        return;
      } else {
        if (c == '(' || c == '[' || c == '{') {
          depth++;
        } else if (c == ')' || c == ']' || c == '}') {
          depth--;
        }
        at++;
      }
    }
  }

  /** Whether the quote at the current position opens an f-string. */
  private boolean hasFormatPrefix() {
    int from = at;
    while (from > 0 && "fFrRbBuU".indexOf(text.charAt(from - 1)) >= 0) {
      from--;
    }
    String prefix = text.substring(from, at).toLowerCase(Locale.ROOT);
    return prefix.contains("f")
        && (from == 0 || !Character.isJavaIdentifierPart(text.charAt(from - 1)));
  }

  /** From after the colon to after the closing brace. */
  private void formatSpec(int quote, boolean triple) {
    while (fault == null) {
      int c = peek(0);
      if (c == -1 || !triple && isLineEnd(c) || closes(quote, triple)) {
        fault = "f-string has no closing '}' for its '{'";
      } else if (c == '}') {
        at++;
        return;
      } else if (c == '{') {
        interpolation(quote, triple);
      } else {
        at++;
      }
    }
  }
}
