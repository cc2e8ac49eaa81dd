package dev.kiln.compiler.python;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Python's format specifications, the text after the colon of a formatted value. */
final class FormatSpec {
  private static final Pattern GRAMMAR =
      Pattern.compile(
          "(?:(.)?([<>=^]))?([-+ ])?(z)?(#)?(0)?(\\d+)?([,_])?(?:\\.(\\d+))?([a-zA-Z%])?",
          Pattern.DOTALL);

  private static final int MAX_WIDTH = 10_000;

  private final Object value;
  private String fill;
  private char align;
  private final String sign;
  private final boolean alternate;
  private final int width;
  private final String grouping;
  private final int precision;
  private final char type;

  private FormatSpec(Object value, Matcher spec) {
    this.value = value;
    fill = spec.group(1) == null ? " " : spec.group(1);
    align = spec.group(2) == null ? 0 : spec.group(2).charAt(0);
    sign = spec.group(3) == null ? "-" : spec.group(3);
    alternate = spec.group(5) != null;
    if (spec.group(6) != null && align == 0) {
      fill = "0";
      align = '=';
    }
    width = number(spec.group(7), 0);
    grouping = spec.group(8) == null ? "" : spec.group(8);
    precision = number(spec.group(9), -1);
    type = spec.group(10) == null ? 0 : spec.group(10).charAt(0);
  }

  private static int number(String digits, int otherwise) {
    int value =
        digits == null ? otherwise : digits.length() > 5 ? MAX_WIDTH + 1 : Integer.parseInt(digits);
    if (value > MAX_WIDTH) {
      throw PythonError.value("Too many decimal digits in format string");
    }
    return value;
  }

  /** {@code format(value, spec)}. */
  static String format(Object value, String spec) {
    if (spec.isEmpty()) {
      return PythonText.str(value);
    }
    Matcher matcher = GRAMMAR.matcher(spec);
    if (!matcher.matches()) {
      throw PythonError.value(
          "Invalid format specifier '"
              + spec
              + "' for object of type '"
              + PythonText.typeName(value)
              + "'");
    }
    return new FormatSpec(value, matcher).format();
  }

  private String format() {
    return switch (value) {
      case String text -> text();
      case Long number -> integerOrFloat();
      case BigInteger number -> integerOrFloat();
      case Boolean truth when type == 0 && width == 0 -> PythonText.str(truth);
      case Boolean truth -> integerOrFloat();
      case Double number -> floating(number);
      default ->
          throw PythonError.type(
              "unsupported format string passed to " + PythonText.typeName(value) + ".__format__");
    };
  }

  private PythonError unknownType() {
    return PythonError.value(
        "Unknown format code '"
            + type
            + "' for object of type '"
            + PythonText.typeName(value)
            + "'");
  }

  private String text() {
    if (type != 0 && type != 's') {
      throw unknownType();
    }
    if (align == '=') {
      throw PythonError.value("'=' alignment not allowed in string format specifier");
    }
    String text = (String) value;
    return padded(
        "", precision >= 0 && precision < text.length() ? text.substring(0, precision) : text, '<');
  }

  private String integerOrFloat() {
    BigInteger number = PythonNumbers.big(value);
    int radix =
        switch (type) {
          case 0, 'd', 'n' -> 10;
          case 'x', 'X' -> 16;
          case 'o' -> 8;
          case 'b' -> 2;
          case 'c' -> 0;
          case 'e', 'E', 'f', 'F', 'g', 'G', '%' -> -1;
          default -> throw unknownType();
        };
    if (radix < 0) {
      return floating(PythonNumbers.real(value));
    }
    if (precision >= 0) {
      throw PythonError.value("Precision not allowed in integer format specifier");
    }
    if (radix == 0) {
      return padded("", Character.toString(number.intValueExact()), '<');
    }
    String digits = number.abs().toString(radix);
    String prefix = alternate && radix != 10 ? "0" + type : "";
    return number(
        number.signum() < 0,
        prefix,
        type == 'X' ? digits.toUpperCase(Locale.ROOT) : digits,
        radix == 10 ? 3 : 4);
  }

  private String floating(double number) {
    boolean negative = number < 0 || number == 0 && 1 / number < 0;
    if (!Double.isFinite(number)) {
      String name = Double.isNaN(number) ? "nan" : "inf";
      return padded(
          signOf(negative),
          Character.isUpperCase(type)
              ? name.toUpperCase(Locale.ROOT)
              : name + (type == '%' ? "%" : ""),
          '>');
    }
    double magnitude = Math.abs(number);
    String digits =
        switch (type) {
          case 'f', 'F' -> fixed(magnitude, precision < 0 ? 6 : precision);
          case '%' ->
              fixed(new BigDecimal(magnitude).movePointRight(2), precision < 0 ? 6 : precision)
                  + "%";
          case 'e', 'E' -> scientific(magnitude, precision < 0 ? 6 : precision);
          case 'g', 'G', 'n' ->
              general(magnitude, precision < 0 ? 6 : Math.max(precision, 1), false);
          case 0 ->
              precision < 0
                  ? PythonText.repr(magnitude)
                  : general(magnitude, Math.max(precision, 1), true);
          default -> throw unknownType();
        };
    return number(
        negative, "", Character.isUpperCase(type) ? digits.toUpperCase(Locale.ROOT) : digits, 3);
  }

  private static String fixed(double value, int digits) {
    return fixed(new BigDecimal(value), digits);
  }

  private static String fixed(BigDecimal value, int digits) {
    return value.setScale(digits, RoundingMode.HALF_EVEN).toPlainString();
  }

  private String scientific(double value, int digits) {
    if (value == 0) {
      return (digits == 0 ? "0" : "0." + "0".repeat(digits)) + "e+00";
    }
    var rounded = new BigDecimal(value).round(new MathContext(digits + 1, RoundingMode.HALF_EVEN));
    int exponent = rounded.precision() - rounded.scale() - 1;
    String all = rounded.unscaledValue().toString();
    all =
        all.length() <= digits
            ? all + "0".repeat(digits + 1 - all.length())
            : all.substring(0, digits + 1);
    return all.charAt(0)
        + (digits == 0 ? "" : "." + all.substring(1))
        + PythonText.exponent(exponent);
  }

  /** The shorter of both forms, without trailing zeros. */
  private String general(double value, int digits, boolean keepPoint) {
    if (value == 0) {
      return keepPoint ? "0.0" : "0";
    }
    var rounded = new BigDecimal(value).round(new MathContext(digits, RoundingMode.HALF_EVEN));
    int exponent = rounded.precision() - rounded.scale() - 1;
    // Without a type there is at least one digit after the point, so that one digit fewer fits
    // before it.
    if (exponent < -4 || exponent >= (keepPoint ? digits - 1 : digits)) {
      String text = scientific(value, digits - 1);
      int e = text.indexOf('e');
      String mantissa = text.substring(0, e);
      return (alternate || !mantissa.contains(".") ? mantissa : mantissa.replaceAll("\\.?0+$", ""))
          + text.substring(e);
    }
    String plain =
        alternate ? rounded.toPlainString() : rounded.stripTrailingZeros().toPlainString();
    return keepPoint && !plain.contains(".") ? plain + ".0" : plain;
  }

  private String signOf(boolean negative) {
    return negative ? "-" : sign.equals("-") ? "" : sign;
  }

  private String number(boolean negative, String prefix, String digits, int group) {
    String start = signOf(negative) + prefix;
    if (grouping.isEmpty()) {
      return padded(start, digits, '>');
    }
    if (grouping.equals(",") && group == 4) {
      throw PythonError.value("Cannot specify ',' with '" + type + "'.");
    }
    int end = 0;
    while (end < digits.length()
        && Character.digit(digits.charAt(end), 16) >= 0
        && digits.charAt(end) != 'e') {
      end++;
    }
    int whole =
        group == 3 ? Math.min(end, digits.indexOf('.') < 0 ? end : digits.indexOf('.')) : end;
    var grouped = new StringBuilder(digits.substring(0, whole));
    if (fill.equals("0") && align == '=') {
      while (start.length()
              + grouped.length()
              + (grouped.length() - 1) / group
              + digits.length()
              - whole
          < width) {
        grouped.insert(0, '0');
      }
    }
    for (int i = grouped.length() - group; i > 0; i -= group) {
      grouped.insert(i, grouping);
    }
    return padded(start, grouped + digits.substring(whole), '>');
  }

  private String padded(String start, String text, char defaultAlign) {
    int missing = width - start.length() - text.codePointCount(0, text.length());
    if (missing <= 0) {
      return start + text;
    }
    return switch (align == 0 ? defaultAlign : align) {
      case '<' -> start + text + fill.repeat(missing);
      case '^' -> fill.repeat(missing / 2) + start + text + fill.repeat(missing - missing / 2);
      case '=' -> start + fill.repeat(missing) + text;
      default -> fill.repeat(missing) + start + text;
    };
  }
}
