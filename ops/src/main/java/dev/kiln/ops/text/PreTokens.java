package dev.kiln.ops.text;

/**
 * Cuts text into the pieces that byte pairs are merged in, as GPT-2 does (Radford et al.: Language
 * models are unsupervised multitask learners, 2019), whose regular expression is {@code
 * 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+}: endings after an
 * apostrophe, letters, digits and other signs, each with one space before it; white space else.
 * Works on bytes: what is no UTF-8 counts as other signs, so that any bytes can be cut and put
 * together again.
 */
final class PreTokens {
  private static final int LETTER = 0;
  private static final int DIGIT = 1;
  private static final int SPACE = 2;
  private static final int OTHER = 3;

  private final byte[] text;
  private final int end;
  private int start;
  private int next;

  /** Length in bytes of the character that {@link #kind} looked at. */
  private int length;

  PreTokens(byte[] text, int from, int to) {
    this.text = text;
    end = to;
    next = from;
  }

  /** Goes to the next piece; false when there is none. */
  boolean advance() {
    if (next >= end) {
      return false;
    }
    start = next;
    next = pieceEnd();
    return true;
  }

  /** First byte of the piece. */
  int start() {
    return start;
  }

  /** Behind the last byte of the piece. */
  int end() {
    return next;
  }

  private int pieceEnd() {
    int ending = ending();
    if (ending > 0) {
      return start + ending;
    }
    int first = kind(start);
    if (first != SPACE) {
      return run(start, first);
    }
    if (text[start] == ' ' && start + 1 < end) {
      int second = kind(start + 1);
      if (second != SPACE) {
        return run(start + 1, second);
      }
    }
    return space();
  }

  /** White space up to the end of the text, or all but its last character before something else. */
  private int space() {
    int at = start;
    int last = start;
    while (at < end && kind(at) == SPACE) {
      last = at;
      at += length;
    }
    return at < end && last > start ? last : at;
  }

  private int run(int from, int kind) {
    int at = from;
    while (at < end && kind(at) == kind) {
      at += length;
    }
    return at;
  }

  /** Length of an ending such as 'll, or 0. */
  private int ending() {
    if (text[start] != '\'' || start + 1 >= end) {
      return 0;
    }
    byte second = text[start + 1];
    if (second == 's' || second == 't' || second == 'm' || second == 'd') {
      return 2;
    }
    if (start + 2 < end) {
      byte third = text[start + 2];
      boolean long3 =
          second == 'r' && third == 'e'
              || second == 'v' && third == 'e'
              || second == 'l' && third == 'l';
      return long3 ? 3 : 0;
    }
    return 0;
  }

  private int kind(int at) {
    int b = text[at];
    if (b >= 0) {
      length = 1;
      if (b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z') {
        return LETTER;
      }
      if (b >= '0' && b <= '9') {
        return DIGIT;
      }
      return b == ' ' || b >= '\t' && b <= '\r' ? SPACE : OTHER;
    }
    int point = codePoint(at);
    return point < 0 ? OTHER : kindOf(point);
  }

  private static int kindOf(int point) {
    if (Character.isLetter(point)) {
      return LETTER;
    }
    return switch (Character.getType(point)) {
      case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> DIGIT;
      case Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR ->
          SPACE;
      default -> point == 0x85 ? SPACE : OTHER;
    };
  }

  /** Decodes a character of several bytes; -1, of length 1, where that is no valid UTF-8. */
  private int codePoint(int at) {
    int lead = text[at] & 0xff;
    length = 1;
    int bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || at + bytes > end) {
      return -1;
    }
    int point = lead & 0x7f >> bytes;
    for (int i = 1; i < bytes; i++) {
      int b = text[at + i] & 0xff;
      if (b >> 6 != 2) {
        return -1;
      }
      point = point << 6 | b & 0x3f;
    }
    boolean tooLong = bytes == 3 && point < 0x800 || bytes == 4 && point < 0x10000;
    if (tooLong || point > 0x10ffff || point >= 0xd800 && point < 0xe000) {
      return -1;
    }
    length = bytes;
    return point;
  }
}
