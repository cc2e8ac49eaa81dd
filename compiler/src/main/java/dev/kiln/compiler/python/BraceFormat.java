package dev.kiln.compiler.python;

import java.util.List;
import java.util.Map;

/**
 * {@code str.format}: names, positions, attributes, elements, conversions and specifications in
 * braces.
 */
final class BraceFormat {
  private final List<Object> args;
  private final Map<String, Object> kwargs;
  private int next;

  private BraceFormat(List<Object> args, Map<String, Object> kwargs) {
    this.args = args;
    this.kwargs = kwargs;
  }

  static String format(String text, List<Object> args, Map<String, Object> kwargs) {
    return new BraceFormat(args, kwargs).format(text);
  }

  private String format(String text) {
    var out = new StringBuilder();
    for (int i = 0; i < text.length(); ) {
      char c = text.charAt(i);
      if ((c == '{' || c == '}') && i + 1 < text.length() && text.charAt(i + 1) == c) {
        out.append(c);
        i += 2;
      } else if (c == '{') {
        int end = close(text, i);
        out.append(place(text.substring(i + 1, end)));
        i = end + 1;
      } else if (c == '}') {
        throw PythonError.value("Single '}' encountered in format string");
      } else {
        out.append(c);
        i++;
      }
    }
    return out.toString();
  }

  private static int close(String text, int open) {
    int depth = 0;
    for (int i = open; i < text.length(); i++) {
      depth += text.charAt(i) == '{' ? 1 : text.charAt(i) == '}' ? -1 : 0;
      if (depth == 0) {
        return i;
      }
    }
    throw PythonError.value(
        open + 1 == text.length()
            ? "Single '{' encountered in format string"
            : "expected '}' before end of string");
  }

  private String place(String place) {
    int colon = place.indexOf(':');
    String spec = colon < 0 ? "" : format(place.substring(colon + 1));
    String field = colon < 0 ? place : place.substring(0, colon);
    int bang = field.indexOf('!');
    Object value = value(bang < 0 ? field : field.substring(0, bang));
    if (bang >= 0) {
      value = field.endsWith("!s") ? PythonText.str(value) : PythonText.repr(value);
    }
    return FormatSpec.format(value, spec);
  }

  private Object value(String field) {
    int end = 0;
    while (end < field.length() && field.charAt(end) != '.' && field.charAt(end) != '[') {
      end++;
    }
    Object value = argument(field.substring(0, end));
    for (String step : field.substring(end).split("(?=[.\\[])")) {
      if (step.startsWith(".")) {
        value = PythonAttributes.get(value, step.substring(1));
      } else if (step.startsWith("[")) {
        String key = step.substring(1, step.length() - 1);
        value = PythonOperators.index(value, isNumber(key) ? Long.valueOf(key) : key);
      }
    }
    return value;
  }

  private static boolean isNumber(String text) {
    return !text.isEmpty() && text.length() < 10 && text.chars().allMatch(Character::isDigit);
  }

  private Object argument(String name) {
    if (name.isEmpty() || isNumber(name)) {
      int at = name.isEmpty() ? next++ : Integer.parseInt(name);
      if (at >= args.size()) {
        throw new PythonError(
            "IndexError", "Replacement index " + at + " out of range for positional args tuple");
      }
      return args.get(at);
    }
    Object value = kwargs.get(name);
    if (value == null) {
      throw new PythonError("KeyError", PythonText.repr(name));
    }
    return value;
  }
}
