package dev.kiln.compiler.python;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The operator {@code %} on strings. */
final class PercentFormat {
  private static final Pattern PLACE =
      Pattern.compile("%(?:\\((\\w+)\\))?([-+ 0#]*)(\\d+)?(?:\\.(\\d+))?([a-zA-Z%])");

  private PercentFormat() {}

  static String format(String text, Object values) {
    List<Object> items = values instanceof PyTuple tuple ? tuple.items() : List.of(values);
    var out = new StringBuilder();
    Matcher matcher = PLACE.matcher(text);
    int end = 0;
    int next = 0;
    while (matcher.find()) {
      out.append(text, end, matcher.start());
      end = matcher.end();
      if (matcher.group(5).equals("%")) {
        out.append('%');
      } else if (matcher.group(1) != null) {
        out.append(place(matcher, PythonOperators.index(values, matcher.group(1))));
      } else if (next == items.size()) {
        throw PythonError.type("not enough arguments for format string");
      } else {
        out.append(place(matcher, items.get(next++)));
      }
    }
    if (next < items.size() && !(values instanceof PyDict)) {
      throw PythonError.type("not all arguments converted during string formatting");
    }
    return out.append(text.substring(end)).toString();
  }

  private static String place(Matcher matcher, Object value) {
    String flags = matcher.group(2);
    String width = matcher.group(3) == null ? "" : matcher.group(3);
    String precision = matcher.group(4) == null ? "" : "." + matcher.group(4);
    String align = flags.contains("-") ? "<" : flags.contains("0") ? "" : ">";
    String sign = flags.contains("+") ? "+" : flags.contains(" ") ? " " : "";
    String zero = flags.contains("0") && !flags.contains("-") ? "0" : "";
    char type = matcher.group(5).charAt(0);
    return switch (type) {
      case 's' -> FormatSpec.format(PythonText.str(value), align + width + precision);
      case 'r' -> FormatSpec.format(PythonText.repr(value), align + width + precision);
      case 'd', 'i', 'u' -> {
        if (!PythonNumbers.isNumber(value)) {
          throw PythonError.type(
              "%" + type + " format: a real number is required, not " + PythonText.typeName(value));
        }
        Object integer =
            value instanceof Double number
                ? PythonNumbers.rounded(number, java.math.RoundingMode.DOWN)
                : value;
        yield FormatSpec.format(integer, align + sign + zero + width + "d");
      }
      case 'x', 'X', 'o' ->
          FormatSpec.format(
              value, align + sign + (flags.contains("#") ? "#" : "") + zero + width + type);
      case 'f', 'F', 'e', 'E', 'g', 'G' ->
          FormatSpec.format(
              PythonNumbers.real(value), align + sign + zero + width + precision + type);
      default ->
          throw PythonError.value(
              "unsupported format character '"
                  + type
                  + "' ("
                  + String.format("0x%x", (int) type)
                  + ")");
    };
  }
}
