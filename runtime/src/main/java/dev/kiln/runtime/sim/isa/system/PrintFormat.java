package dev.kiln.runtime.sim.isa.system;

import java.util.Locale;

/** Formats of C's {@code printf}, as far as CUDA has them: ISO C 7.21.6.1 without {@code %n}. */
final class PrintFormat {
  /** Wider fields are cut: a width may come from a kernel's memory. */
  private static final int LARGEST_WIDTH = 4096;

  /** Longer texts are cut: CUDA's buffer for them holds 1 MiB. */
  private static final int LONGEST = 1 << 20;

  private final String text;
  private final Arguments arguments;
  private final StringBuilder out = new StringBuilder();
  private int at;

  // The specification in hand.
  private boolean left;
  private boolean plus;
  private boolean space;
  private boolean alternate;
  private boolean zeros;
  private int width;
  private int precision;

  /** What is to be printed, in order. */
  interface Arguments {
    int word();

    /** 64-bit integers, pointers, and the bits of doubles. */
    long wide();

    /** The string at an address. */
    String string(long address);
  }

  private PrintFormat(String text, Arguments arguments) {
    this.text = text;
    this.arguments = arguments;
  }

  /** A text with its specifications replaced by arguments; wrong ones stay as they are. */
  static String format(String text, Arguments arguments) {
    PrintFormat format = new PrintFormat(text, arguments);
    format.all();
    return format.out.toString();
  }

  private void all() {
    while (at < text.length() && out.length() < LONGEST) {
      char c = text.charAt(at++);
      if (c == '%') {
        int start = at;
        specification(start);
      } else {
        out.append(c);
      }
    }
  }

  private void specification(int start) {
    flags();
    width = number();
    if (width < 0) {
      left = true;
      width = -width;
    }
    precision = -1;
    if (peek() == '.') {
      at++;
      precision = Math.max(-1, number());
    }
    String length = length();
    if (at == text.length()) {
      out.append('%').append(text, start, at);
      return;
    }
    char conversion = text.charAt(at++);
    switch (conversion) {
      case '%' -> out.append('%');
      case 'd', 'i' -> signed(integer(length, true));
      case 'u' -> unsigned(Long.toUnsignedString(integer(length, false)), "");
      case 'o' -> octal(integer(length, false));
      case 'x', 'X' -> hexadecimal(integer(length, false), conversion);
      case 'c' -> pad("", Character.toString((char) (arguments.word() & 0xff)), false);
      case 's' -> string();
      case 'p' -> pad("", "0x" + Long.toHexString(arguments.wide()), false);
      case 'f', 'F', 'e', 'E', 'g', 'G', 'a', 'A' -> floating(conversion);
      default -> out.append('%').append(text, start, at);
    }
  }

  private void flags() {
    left = false;
    plus = false;
    space = false;
    alternate = false;
    zeros = false;
    for (; ; at++) {
      switch (peek()) {
        case '-' -> left = true;
        case '+' -> plus = true;
        case ' ' -> space = true;
        case '#' -> alternate = true;
        case '0' -> zeros = true;
        default -> {
          return;
        }
      }
    }
  }

  private char peek() {
    return at < text.length() ? text.charAt(at) : 0;
  }

  /** Digits, or an argument for {@code *}; 0 if there is neither. */
  private int number() {
    if (peek() == '*') {
      at++;
      return Math.clamp(arguments.word(), -LARGEST_WIDTH, LARGEST_WIDTH);
    }
    int value = 0;
    while (Character.isDigit(peek())) {
      value = Math.min(LARGEST_WIDTH, value * 10 + Character.digit(text.charAt(at++), 10));
    }
    return value;
  }

  private String length() {
    int start = at;
    while ("hlzjtL".indexOf(peek()) >= 0 && at < text.length()) {
      at++;
    }
    return text.substring(start, at);
  }

  private long integer(String length, boolean signed) {
    switch (length) {
      case "l", "ll", "z", "j", "t", "L":
        return arguments.wide();
      case "hh":
        byte narrow = (byte) arguments.word();
        return signed ? narrow : narrow & 0xffL;
      case "h":
        short half = (short) arguments.word();
        return signed ? half : half & 0xffffL;
      default:
        int word = arguments.word();
        return signed ? word : word & 0xffff_ffffL;
    }
  }

  private void signed(long value) {
    String digits = value < 0 ? Long.toString(value).substring(1) : Long.toString(value);
    unsigned(digits, sign(value < 0));
  }

  private String sign(boolean negative) {
    return negative ? "-" : plus ? "+" : space ? " " : "";
  }

  /** Digits with at least as many as the precision says; zeros do not pad if there is one. */
  private void unsigned(String digits, String prefix) {
    String all = precision == 0 && digits.equals("0") ? "" : digits;
    pad(prefix, "0".repeat(Math.max(0, precision - all.length())) + all, zeros && precision < 0);
  }

  private void octal(long value) {
    String digits = Long.toOctalString(value);
    if (alternate && !digits.startsWith("0") && precision <= digits.length()) {
      digits = "0" + digits;
    }
    unsigned(digits, "");
  }

  private void hexadecimal(long value, char conversion) {
    String digits = Long.toHexString(value);
    String prefix = alternate && value != 0 ? "0x" : "";
    boolean upper = conversion == 'X';
    unsigned(
        upper ? digits.toUpperCase(Locale.ROOT) : digits,
        upper ? prefix.toUpperCase(Locale.ROOT) : prefix);
  }

  private void string() {
    String all = arguments.string(arguments.wide());
    pad("", precision >= 0 && precision < all.length() ? all.substring(0, precision) : all, false);
  }

  private void floating(char conversion) {
    double value = Double.longBitsToDouble(arguments.wide());
    boolean negative = Double.doubleToRawLongBits(value) < 0;
    String body = FloatText.of(value, Character.toLowerCase(conversion), precision, alternate);
    String prefix = sign(negative);
    if (body.startsWith("0x")) {
      prefix += "0x";
      body = body.substring(2);
    }
    if (Character.isUpperCase(conversion)) {
      prefix = prefix.toUpperCase(Locale.ROOT);
      body = body.toUpperCase(Locale.ROOT);
    }
    pad(prefix, body, zeros && Double.isFinite(value));
  }

  private void pad(String prefix, String body, boolean withZeros) {
    int missing = Math.max(0, width - prefix.length() - body.length());
    if (left) {
      out.append(prefix).append(body).repeat(' ', missing);
    } else if (withZeros) {
      out.append(prefix).repeat('0', missing).append(body);
    } else {
      out.repeat(' ', missing).append(prefix).append(body);
    }
  }
}
