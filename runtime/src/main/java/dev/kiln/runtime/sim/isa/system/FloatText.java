package dev.kiln.runtime.sim.isa.system;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/** A double's magnitude as C prints it, correctly rounded from its exact value. */
final class FloatText {
  private static final int DEFAULT_PRECISION = 6;

  private FloatText() {}

  /**
   * @param conversion {@code f}, {@code e}, {@code g} or {@code a}
   * @param precision negative for the default
   * @param alternate the flag {@code #}: keep the point and, for {@code g}, trailing zeros
   */
  static String of(double value, char conversion, int precision, boolean alternate) {
    if (Double.isNaN(value)) {
      return "nan";
    }
    if (Double.isInfinite(value)) {
      return "inf";
    }
    double magnitude = Math.abs(value);
    int digits = precision < 0 ? DEFAULT_PRECISION : precision;
    return switch (conversion) {
      case 'f' -> fixed(new BigDecimal(magnitude), digits, alternate);
      case 'e' -> scientific(new BigDecimal(magnitude), digits, alternate);
      case 'g' -> general(new BigDecimal(magnitude), Math.max(1, digits), alternate);
      default -> hexadecimal(magnitude, precision);
    };
  }

  private static String fixed(BigDecimal value, int digits, boolean point) {
    String text = value.setScale(digits, RoundingMode.HALF_EVEN).toPlainString();
    return digits == 0 && point ? text + "." : text;
  }

  private static String scientific(BigDecimal value, int digits, boolean point) {
    BigDecimal rounded = value.round(new MathContext(digits + 1, RoundingMode.HALF_EVEN));
    int exponent = exponent(rounded);
    String mantissa = fixed(rounded.movePointLeft(exponent), digits, point);
    return mantissa
        + (exponent < 0 ? "e-" : "e+")
        + (Math.abs(exponent) < 10 ? "0" : "")
        + Math.abs(exponent);
  }

  private static int exponent(BigDecimal value) {
    return value.signum() == 0 ? 0 : value.precision() - value.scale() - 1;
  }

  private static String general(BigDecimal value, int digits, boolean alternate) {
    int exponent = exponent(value.round(new MathContext(digits, RoundingMode.HALF_EVEN)));
    boolean plain = exponent >= -4 && exponent < digits;
    String text =
        plain
            ? fixed(value, digits - 1 - exponent, alternate)
            : scientific(value, digits - 1, alternate);
    return alternate ? text : withoutTrailingZeros(text);
  }

  private static String withoutTrailingZeros(String text) {
    int e = text.indexOf('e');
    String mantissa = e < 0 ? text : text.substring(0, e);
    String rest = e < 0 ? "" : text.substring(e);
    if (mantissa.indexOf('.') < 0) {
      return text;
    }
    int end = mantissa.length();
    while (mantissa.charAt(end - 1) == '0') {
      end--;
    }
    if (mantissa.charAt(end - 1) == '.') {
      end--;
    }
    return mantissa.substring(0, end) + rest;
  }

  /** Java writes the same significand, but with ".0" and without "+". */
  private static String hexadecimal(double value, int precision) {
    double rounded = value;
    if (precision >= 0 && precision < 13 && value >= Double.MIN_NORMAL) {
      int dropped = 52 - 4 * precision;
      long bits = Double.doubleToRawLongBits(value);
      long odd = bits >>> dropped & 1;
      rounded = Double.longBitsToDouble(bits + (1L << dropped - 1) - 1 + odd >> dropped << dropped);
    }
    String text = Double.toHexString(rounded).replaceFirst("p(?!-)", "p+");
    int p = text.indexOf('p');
    String digits = text.substring(4, p).replaceAll("0+$", "");
    if (precision > digits.length()) {
      digits += "0".repeat(precision - digits.length());
    }
    String head = text.substring(0, 3);
    return head + (digits.isEmpty() ? "" : "." + digits) + text.substring(p);
  }
}
