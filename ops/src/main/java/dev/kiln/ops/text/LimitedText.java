package dev.kiln.ops.text;

import dev.kiln.runtime.KilnException;

/** Texts one after the other, up to a number of bytes of UTF-8. */
final class LimitedText {
  private final StringBuilder text = new StringBuilder();
  private long left;

  LimitedText(long limit) {
    if (limit < 1) {
      throw new KilnException("the limit of a text must be at least 1 byte, not " + limit);
    }
    left = limit;
  }

  /** Adds a text, or as many of its lines as there is room for; false when there is none left. */
  boolean add(String more) {
    int end = 0;
    while (end < more.length()) {
      int line = more.indexOf('\n', end);
      int next = line < 0 ? more.length() : line + 1;
      long bytes = bytes(more, end, next);
      if (bytes > left) {
        if (text.isEmpty() && end == 0) {
          next = fitting(more, next);
          text.append(more, 0, next);
        }
        left = 0;
        break;
      }
      text.append(more, end, next);
      left -= bytes;
      end = next;
    }
    return left > 0;
  }

  /** A first line that is too long by itself is cut between characters. */
  private int fitting(String more, int to) {
    int at = 0;
    long bytes = 0;
    while (at < to) {
      int next = at + Character.charCount(more.codePointAt(at));
      bytes += bytes(more, at, next);
      if (bytes > left) {
        break;
      }
      at = next;
    }
    return at;
  }

  private static long bytes(String text, int from, int to) {
    long bytes = 0;
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      // Half a surrogate pair is half of four bytes.
      bytes += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
    }
    return bytes;
  }

  String required(String source) {
    if (text.isEmpty()) {
      throw new KilnException(source + ": holds no text");
    }
    return text.toString();
  }
}
