package dev.kiln.runtime.sim.ptx;

import dev.kiln.runtime.sim.ptx.Value.Real;
import dev.kiln.runtime.sim.ptx.Value.Whole;
import java.util.Locale;
import org.antlr.v4.runtime.Token;

/** Reads number tokens (PTX manual, "Constants"). */
final class NumberText {
  private NumberText() {}

  /** An integer is signed unless it has a {@code U} or needs the 64th bit. */
  static Whole whole(Token token) {
    String text = token.getText();
    boolean unsigned = text.endsWith("U");
    String digits = unsigned ? text.substring(0, text.length() - 1) : text;
    try {
      long bits = parse(digits);
      return new Whole(bits, unsigned || bits < 0);
    } catch (NumberFormatException e) {
      throw new PtxFault(TokenArray.at(token), "the number does not fit into 64 bits");
    }
  }

  private static long parse(String digits) {
    if (digits.length() == 1 || digits.charAt(0) != '0') {
      return Long.parseUnsignedLong(digits);
    }
    return switch (digits.charAt(1)) {
      case 'x', 'X' -> Long.parseUnsignedLong(digits, 2, digits.length(), 16);
      case 'b', 'B' -> Long.parseUnsignedLong(digits, 2, digits.length(), 2);
      default -> Long.parseUnsignedLong(digits, 8);
    };
  }

  /** An integer that a directive takes. */
  static int small(Token token) {
    long bits = whole(token).bits();
    if (bits < 0 || bits > Integer.MAX_VALUE) {
      throw new PtxFault(TokenArray.at(token), "the number is too large");
    }
    return (int) bits;
  }

  /** {@code 1.5}, {@code 1e-3}, {@code 0f3F800000} or {@code 0d3FF0000000000000}. */
  static Real real(Token token) {
    String text = token.getText();
    if (text.length() > 2 && text.charAt(0) == '0') {
      char kind = text.charAt(1);
      if (kind == 'f' || kind == 'F') {
        int bits = Integer.parseUnsignedInt(text, 2, text.length(), 16);
        return new Real(Float.intBitsToFloat(bits), true, bits & 0xFFFF_FFFFL);
      }
      if (kind == 'd' || kind == 'D') {
        long bits = Long.parseUnsignedLong(text, 2, text.length(), 16);
        return new Real(Double.longBitsToDouble(bits), false, bits);
      }
    }
    return Real.of(Double.parseDouble(text.toLowerCase(Locale.ROOT)));
  }
}
