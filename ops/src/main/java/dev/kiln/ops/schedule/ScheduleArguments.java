package dev.kiln.ops.schedule;

import dev.kiln.runtime.KilnException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The parameters of one schedule as its text gave them, or as they are by default. */
final class ScheduleArguments {
  private final ScheduleKind kind;
  private final Map<String, String> given;
  private final double rate;
  private final long steps;

  /**
   * @param rate of the run, or NaN
   * @param steps of the run, or 0
   */
  ScheduleArguments(ScheduleKind kind, Map<String, String> given, double rate, long steps) {
    this.kind = kind;
    this.given = given;
    this.rate = rate;
    this.steps = steps;
  }

  double number(String name) {
    return read(name, "a number", Double::parseDouble);
  }

  long whole(String name) {
    return read(name, "a whole number", Long::parseLong);
  }

  List<Double> numbers(String name) {
    return read(name, "numbers with / between them", text -> list(text, Double::parseDouble));
  }

  List<Long> wholes(String name) {
    return read(name, "whole numbers with / between them", text -> list(text, Long::parseLong));
  }

  boolean flag(String name) {
    return choice(name, "false", "true").equals("true");
  }

  /** One of some words. */
  String choice(String name, String... words) {
    String text = text(name);
    if (!Arrays.asList(words).contains(text)) {
      throw fault(name, text, "one of " + String.join(", ", words));
    }
    return text;
  }

  private static <T> List<T> list(String text, Function<String, T> element) {
    return text.isEmpty() ? List.of() : Arrays.stream(text.split("/", -1)).map(element).toList();
  }

  private <T> T read(String name, String what, Function<String, T> reader) {
    String text = text(name);
    try {
      return reader.apply(text);
    } catch (NumberFormatException e) {
      throw fault(name, text, what);
    }
  }

  private String text(String name) {
    String text = given.get(name);
    if (text != null) {
      return text;
    }
    String preset = kind.preset(name);
    if (preset != null) {
      return preset;
    }
    if (name.equals("rate") && !Double.isNaN(rate)) {
      return Double.toString(rate);
    }
    if (name.equals("steps") && steps > 0 && kind != ScheduleKind.WARM_UP) {
      return Long.toString(steps);
    }
    throw new KilnException(kind.text() + " needs `" + name + "=...`");
  }

  private KilnException fault(String name, String text, String what) {
    return new KilnException(
        kind.text() + ": " + name + " is `" + text + "`, and should be " + what);
  }
}
