package dev.kiln.ops.text;

import dev.kiln.runtime.KilnException;
import java.util.Arrays;

/**
 * The characters that stand for bytes in the names of tokens, as GPT-2 chose them: printable ones
 * of Latin-1 stand for themselves, all others for U+0100 and up. A byte's place in the vocabulary
 * is the rank of its character.
 */
final class ByteAlphabet {
  static final int SIZE = 256;

  private static final char[] CHARACTER = new char[SIZE];
  private static final int[] BYTE = new int[2 * SIZE];
  private static final int[] RANK = new int[SIZE];

  static {
    char next = SIZE;
    for (int b = 0; b < SIZE; b++) {
      boolean printable = b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae;
      CHARACTER[b] = printable ? (char) b : next++;
    }
    Arrays.fill(BYTE, -1);
    for (int b = 0; b < SIZE; b++) {
      BYTE[CHARACTER[b]] = b;
    }
    int rank = 0;
    for (int b : BYTE) {
      if (b >= 0) {
        RANK[b] = rank++;
      }
    }
  }

  private ByteAlphabet() {}

  /** From 0 to 255. */
  static int tokenOf(byte b) {
    return RANK[b & 0xff];
  }

  /** The bytes in the order of their tokens. */
  static byte[] inOrder() {
    byte[] bytes = new byte[SIZE];
    for (int b = 0; b < SIZE; b++) {
      bytes[RANK[b]] = (byte) b;
    }
    return bytes;
  }

  static String name(byte[] bytes) {
    var name = new StringBuilder(bytes.length);
    for (byte b : bytes) {
      name.append(CHARACTER[b & 0xff]);
    }
    return name.toString();
  }

  /** The bytes of a token's name. */
  static byte[] bytes(String name, String file) {
    byte[] bytes = new byte[name.length()];
    for (int i = 0; i < bytes.length; i++) {
      char c = name.charAt(i);
      int b = c < BYTE.length ? BYTE[c] : -1;
      if (b < 0) {
        throw new KilnException(
            "%s: the token \"%s\" has a character that stands for no byte".formatted(file, name));
      }
      bytes[i] = (byte) b;
    }
    return bytes;
  }
}
