package dev.kiln.compiler.python;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/** Methods of {@code str}. */
final class StringMethods {
  private StringMethods() {}

  private static Optional<Object> method(String name, Function<Arguments, Object> body) {
    return Optional.of(
        (PyCallable)
            (args, kwargs) -> {
              var arguments = new Arguments(name, args, kwargs);
              Object result = body.apply(arguments);
              arguments.done();
              return result;
            });
  }

  static Optional<Object> find(String self, String name) {
    return switch (name) {
      case "join" -> method(name, a -> join(self, a.required("iterable")));
      case "split" ->
          method(
              name, a -> split(self, a.optional("sep", PyNone.NONE), a.optional("maxsplit", -1L)));
      case "splitlines" -> method(name, a -> new PyList(self.lines().toList()));
      case "startswith" -> method(name, a -> anyOf(a.required("prefix"), self::startsWith));
      case "endswith" -> method(name, a -> anyOf(a.required("suffix"), self::endsWith));
      case "removeprefix" -> method(name, a -> without(self, text(a.required("prefix")), true));
      case "removesuffix" -> method(name, a -> without(self, text(a.required("suffix")), false));
      case "upper" -> method(name, a -> self.toUpperCase(Locale.ROOT));
      case "lower" -> method(name, a -> self.toLowerCase(Locale.ROOT));
      case "strip" -> method(name, a -> strip(self, a.optional("chars", PyNone.NONE), true, true));
      case "lstrip" ->
          method(name, a -> strip(self, a.optional("chars", PyNone.NONE), true, false));
      case "rstrip" ->
          method(name, a -> strip(self, a.optional("chars", PyNone.NONE), false, true));
      case "replace" ->
          method(name, a -> self.replace(text(a.required("old")), text(a.required("new"))));
      case "find" -> method(name, a -> (long) self.indexOf(text(a.required("sub"))));
      case "count" -> method(name, a -> count(self, text(a.required("sub"))));
      case "isdigit" ->
          method(name, a -> !self.isEmpty() && self.chars().allMatch(Character::isDigit));
      case "isalpha" ->
          method(name, a -> !self.isEmpty() && self.chars().allMatch(Character::isLetter));
      case "zfill" ->
          method(name, a -> zeros(self, PythonNumbers.index(a.required("width"), "width")));
      case "format" ->
          Optional.of((PyCallable) (args, kwargs) -> BraceFormat.format(self, args, kwargs));
      default -> Optional.empty();
    };
  }

  private static String text(Object value) {
    if (value instanceof String text) {
      return text;
    }
    throw PythonError.type("expected str, got " + PythonText.typeName(value));
  }

  private static String join(String separator, Object items) {
    var parts = new ArrayList<String>();
    for (Object item : PythonOperators.iterate(items)) {
      if (!(item instanceof String part)) {
        throw PythonError.type(
            "sequence item "
                + parts.size()
                + ": expected str instance, "
                + PythonText.typeName(item)
                + " found");
      }
      parts.add(part);
    }
    return String.join(separator, parts);
  }

  private static PyList split(String self, Object separator, Object limit) {
    int most = (int) PythonNumbers.index(limit, "'maxsplit' must be an integer");
    var parts = new ArrayList<Object>();
    if (separator == PyNone.NONE) {
      String rest = self.strip();
      if (!rest.isEmpty()) {
        parts.addAll(List.of(rest.split("\\s+", most < 0 ? 0 : most + 1)));
      }
      return new PyList(parts);
    }
    String sep = text(separator);
    if (sep.isEmpty()) {
      throw PythonError.value("empty separator");
    }
    int from = 0;
    for (int at = self.indexOf(sep);
        at >= 0 && (most < 0 || parts.size() < most);
        at = self.indexOf(sep, from)) {
      parts.add(self.substring(from, at));
      from = at + sep.length();
    }
    parts.add(self.substring(from));
    return new PyList(parts);
  }

  private static boolean anyOf(Object parts, Function<String, Boolean> test) {
    return parts instanceof PyTuple tuple
        ? tuple.items().stream().anyMatch(part -> test.apply(text(part)))
        : test.apply(text(parts));
  }

  private static String without(String self, String part, boolean first) {
    if (part.isEmpty() || !(first ? self.startsWith(part) : self.endsWith(part))) {
      return self;
    }
    return first ? self.substring(part.length()) : self.substring(0, self.length() - part.length());
  }

  private static String strip(String self, Object characters, boolean left, boolean right) {
    int from = 0;
    int to = self.length();
    while (left && from < to && isStripped(self.charAt(from), characters)) {
      from++;
    }
    while (right && to > from && isStripped(self.charAt(to - 1), characters)) {
      to--;
    }
    return self.substring(from, to);
  }

  private static boolean isStripped(char c, Object characters) {
    return characters == PyNone.NONE ? Character.isWhitespace(c) : text(characters).indexOf(c) >= 0;
  }

  private static long count(String self, String part) {
    if (part.isEmpty()) {
      return self.length() + 1L;
    }
    long count = 0;
    for (int at = self.indexOf(part); at >= 0; at = self.indexOf(part, at + part.length())) {
      count++;
    }
    return count;
  }

  private static String zeros(String self, long width) {
    int sign = self.startsWith("-") || self.startsWith("+") ? 1 : 0;
    int missing = (int) Math.clamp(width - self.length(), 0L, 10_000L);
    return self.substring(0, sign) + "0".repeat(missing) + self.substring(sign);
  }
}
