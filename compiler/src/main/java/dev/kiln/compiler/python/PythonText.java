package dev.kiln.compiler.python;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.List;
import java.util.stream.Collectors;

/** Values as text: the names of their types, {@code str} and {@code repr}. */
public final class PythonText {
  private PythonText() {}

  /** What {@code type(value).__name__} is. */
  public static String typeName(Object value) {
    return switch (value) {
      case Boolean v -> "bool";
      case Long v -> "int";
      case BigInteger v -> "int";
      case Double v -> "float";
      case String v -> "str";
      case PyNone v -> "NoneType";
      case PyEllipsis v -> "ellipsis";
      case PyTuple v -> "tuple";
      case PyList v -> "list";
      case PyDict v -> "dict";
      case PySet v -> "set";
      case PyRange v -> "range";
      case PySlice v -> "slice";
      case PyObject v -> v.typeName();
      case PyCallable v -> "function";
      default -> value.getClass().getSimpleName();
    };
  }

  /** {@code str(value)}. */
  public static String str(Object value) {
    return switch (value) {
      case String text -> text;
      case PyObject object -> object.str();
      default -> repr(value);
    };
  }

  /** {@code repr(value)}. */
  public static String repr(Object value) {
    return switch (value) {
      case Boolean truth -> truth ? "True" : "False";
      case Double number -> repr(number.doubleValue());
      case String text -> quoted(text);
      case PyTuple tuple -> repr(tuple);
      case PyList list -> joined(list.items(), "[", "]");
      case PyDict dict ->
          dict.entries().stream()
              .map(entry -> repr(entry.key()) + ": " + repr(entry.value()))
              .collect(Collectors.joining(", ", "{", "}"));
      case PySet set -> set.size() == 0 ? "set()" : joined(set.items(), "{", "}");
      case PyObject object -> object.repr();
      default -> value.toString();
    };
  }

  private static String repr(PyTuple tuple) {
    var items = tuple.items();
    if (tuple.fieldNames().isPresent()) {
      var text = new StringBuilder("(");
      for (int i = 0; i < items.size(); i++) {
        text.append(i == 0 ? "" : ", ")
            .append(tuple.fieldNames().get().get(i))
            .append('=')
            .append(repr(items.get(i)));
      }
      return text.append(')').toString();
    }
    return joined(items, "(", items.size() == 1 ? ",)" : ")");
  }

  private static String joined(List<Object> items, String open, String close) {
    return items.stream().map(PythonText::repr).collect(Collectors.joining(", ", open, close));
  }

  /**
   * The shortest digits that give the same number back, with an exponent from 1e16 on and below
   * 1e-4.
   */
  static String repr(double value) {
    if (Double.isNaN(value)) {
      return "nan";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "inf" : "-inf";
    }
    if (value == 0) {
      return 1 / value < 0 ? "-0.0" : "0.0";
    }
    var decimal = shortest(value);
    int exponent = decimal.precision() - decimal.scale() - 1;
    if (exponent >= -4 && exponent < 16) {
      String plain = decimal.toPlainString();
      return plain.contains(".") ? plain : plain + ".0";
    }
    String digits = decimal.unscaledValue().abs().toString();
    return (value < 0 ? "-" : "")
        + digits.charAt(0)
        + (digits.length() > 1 ? "." + digits.substring(1) : "")
        + exponent(exponent);
  }

  /** {@link Double#toString} has two digits at least where one is enough. */
  private static BigDecimal shortest(double value) {
    var decimal = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    if (decimal.precision() == 2) {
      var shorter = decimal.round(new MathContext(1, RoundingMode.HALF_EVEN));
      return shorter.doubleValue() == value ? shorter : decimal;
    }
    return decimal;
  }

  /** {@code e+05}: a sign and at least two digits. */
  static String exponent(int exponent) {
    return "e"
        + (exponent < 0 ? "-" : "+")
        + (Math.abs(exponent) < 10 ? "0" : "")
        + Math.abs(exponent);
  }

  private static String quoted(String text) {
    char quote = text.contains("'") && !text.contains("\"") ? '"' : '\'';
    var out = new StringBuilder().append(quote);
    text.codePoints().forEach(c -> appendEscaped(out, c, quote));
    return out.append(quote).toString();
  }

  private static void appendEscaped(StringBuilder out, int c, char quote) {
    switch (c) {
      case '\\' -> out.append("\\\\");
      case '\n' -> out.append("\\n");
      case '\r' -> out.append("\\r");
      case '\t' -> out.append("\\t");
      default -> {
        if (c == quote) {
          out.append('\\').append(quote);
        } else if (c < ' ' || c >= 0x7F && c < 0xA1) {
          out.append(String.format("\\x%02x", c));
        } else {
          out.appendCodePoint(c);
        }
      }
    }
  }
}
