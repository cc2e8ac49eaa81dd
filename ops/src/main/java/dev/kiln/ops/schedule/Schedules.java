package dev.kiln.ops.schedule;

import dev.kiln.runtime.KilnException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.stream.Collectors;

/**
 * Schedules as text: {@code KIND[:VALUE...][:NAME=VALUE...]}, after an optional warm-up and a
 * comma.
 *
 * <pre>
 * cosine:steps=10000:end=1e-5:rate=0.001
 * warmup:100,cosine                     with rate and steps of the run
 * multistep:milestones=30/60/90:gamma=0.1
 * plateau:mode=max:patience=3
 * </pre>
 *
 * Values without a name take the parameters in the order of {@link #help}. The text of a schedule
 * ({@code toString}) names every parameter, and reads back as an equal schedule.
 */
public final class Schedules {
  private Schedules() {}

  /**
   * Reads a text that gives every rate and number of steps itself.
   *
   * @throws KilnException if the text is at fault; the message quotes it and tells the rule
   */
  public static Schedule parse(String text) {
    return parse(text, Double.NaN, 0);
  }

  /**
   * Reads a text in the context of a run.
   *
   * @param rate the rate where the text gives none
   * @param steps the length where the text gives none; a warm-up before is taken off
   * @throws KilnException if the text is at fault; the message quotes it and tells the rule
   */
  public static Schedule parse(String text, double rate, long steps) {
    try {
      String[] parts = text.strip().split(",", -1);
      if (parts.length == 1) {
        return single(parts[0], rate, steps);
      }
      if (parts.length != 2 || !parts[0].strip().startsWith("warmup")) {
        throw new KilnException("only `warmup:STEPS,SCHEDULE` has a comma");
      }
      ScheduleArguments warmUp = arguments(ScheduleKind.WARM_UP, parts[0], rate, steps);
      long rising = warmUp.whole("steps");
      Schedule after = single(parts[1], rate, Math.max(0, steps - rising));
      return new WarmUp(rising, warmUp.number("start"), after);
    } catch (KilnException e) {
      throw new KilnException("schedule `" + text + "`: " + e.getMessage(), e);
    }
  }

  /** One line per kind with its parameters in order, for the help of a command. */
  public static String help() {
    StringBuilder help = new StringBuilder();
    for (ScheduleKind kind : ScheduleKind.values()) {
      help.append(kind.text());
      for (ScheduleKind.Parameter parameter : kind.parameters()) {
        help.append(':').append(parameter.name()).append('=').append(parameter.help());
      }
      help.append(System.lineSeparator());
    }
    return help.toString();
  }

  private static Schedule single(String text, double rate, long steps) {
    String name = text.strip().split(":", 2)[0].strip().toLowerCase(Locale.ROOT);
    for (ScheduleKind kind : ScheduleKind.values()) {
      if (kind.text().equals(name)) {
        if (kind == ScheduleKind.WARM_UP) {
          throw new KilnException("a warm-up needs a schedule after it: `warmup:STEPS,SCHEDULE`");
        }
        return kind.make(arguments(kind, text, rate, steps));
      }
    }
    if (name.equals("lambda")) {
      throw new KilnException("a lambda is code and cannot be read from text");
    }
    throw new KilnException("no schedule is called `" + name + "`; there are " + names());
  }

  private static String names() {
    return List.of(ScheduleKind.values()).stream()
        .map(ScheduleKind::text)
        .collect(Collectors.joining(", "));
  }

  private static ScheduleArguments arguments(
      ScheduleKind kind, String text, double rate, long steps) {
    String[] words = text.strip().split(":", -1);
    Map<String, String> given = new HashMap<>();
    List<String> names = new ArrayList<>(kind.parameters().size());
    kind.parameters().forEach(parameter -> names.add(parameter.name()));
    for (int i = 1; i < words.length; i++) {
      int equals = words[i].indexOf('=');
      String name = equals < 0 ? null : words[i].substring(0, equals).strip();
      if (name == null) {
        if (i > names.size()) {
          throw new KilnException(
              kind.text() + " has " + names.size() + " parameters: " + String.join(", ", names));
        }
        name = names.get(i - 1);
      } else if (!names.contains(name)) {
        throw new KilnException(
            kind.text() + " has no `" + name + "`; it has " + String.join(", ", names));
      }
      if (given.put(name, words[i].substring(equals + 1).strip()) != null) {
        throw new KilnException(kind.text() + ": `" + name + "` is given twice");
      }
    }
    return new ScheduleArguments(kind, given, rate, steps);
  }

  /** The text of a schedule, with all its parameters. */
  static String format(Schedule schedule) {
    if (schedule instanceof LambdaSchedule lambda) {
      return lambda.toString();
    }
    ScheduleKind kind = ScheduleKind.of(schedule);
    StringJoiner text = new StringJoiner(":").add(kind.text());
    List<Object> values = kind.values(schedule);
    for (int i = 0; i < values.size(); i++) {
      text.add(kind.parameters().get(i).name() + "=" + word(values.get(i)));
    }
    return schedule instanceof WarmUp warmUp ? text + "," + warmUp.after() : text.toString();
  }

  private static String word(Object value) {
    return value instanceof List<?> list
        ? list.stream().map(String::valueOf).collect(Collectors.joining("/"))
        : String.valueOf(value).toLowerCase(Locale.ROOT);
  }
}
