package dev.kiln.cli.train;

import dev.kiln.runtime.KilnException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** The options of a run as text, so that a resumed run has them again. */
final class StoredOptions {
  /** What does not belong to a run, but to one call of the command. */
  private static final Set<String> PASSING =
      Set.of(
          "--help",
          "--version",
          "--out",
          "--resume",
          "--json",
          "--plot-schedule",
          "--sample",
          "--trace",
          "--trace-steps");

  /** Only one of them is given. */
  private static final Set<String> LENGTHS = Set.of("--steps", "--epochs", "--minutes");

  /** What may be another after a resumption; all else belongs to the state of a run. */
  private static final Set<String> CHANGEABLE =
      Set.of(
          "--steps",
          "--epochs",
          "--minutes",
          "--lr",
          "--schedule",
          "--weight-decay",
          "--clip-norm",
          "--precision",
          "--device",
          "--data",
          "--validate-every",
          "--checkpoint-every",
          "--early-stop",
          "--average",
          "--guard",
          "--layer-norms-every",
          "--prompt",
          "--sample-tokens");

  private StoredOptions() {}

  private static String name(OptionSpec option) {
    return option.longestName();
  }

  /** The options of a command as they are in force, those with no value left out. */
  static SequencedMap<String, List<String>> of(CommandLine line, long steps) {
    var stored = new LinkedHashMap<String, List<String>>();
    for (OptionSpec option : line.getCommandSpec().options()) {
      String name = name(option);
      if (PASSING.contains(name) || LENGTHS.contains(name)) {
        continue;
      }
      List<String> given = given(line, option);
      if (!given.isEmpty()) {
        stored.put(name, given);
      } else if (option.defaultValue() != null && !option.isMultiValue()) {
        stored.put(name, List.of(option.defaultValue()));
      }
    }
    stored.put("--steps", List.of(Long.toString(steps)));
    return stored;
  }

  private static List<String> given(CommandLine line, OptionSpec option) {
    if (!line.getParseResult().hasMatchedOption(option)) {
      return List.of();
    }
    return option.arity().max() == 0
        ? List.of(Objects.toString(option.getValue()))
        : List.copyOf(line.getParseResult().matchedOption(name(option)).originalStringValues());
  }

  /**
   * Parses the line anew with the options of a run, as far as they are not given on it.
   *
   * @throws KilnException if one is given that may not change
   */
  static void merge(CommandLine line, RunFolder.Settings stored, Path folder) {
    CommandLine.ParseResult parsed = line.getParseResult();
    boolean hasLength = LENGTHS.stream().anyMatch(parsed::hasMatchedOption);
    var merged = new ArrayList<String>();
    stored
        .options()
        .forEach(
            (name, values) -> {
              OptionSpec option = line.getCommandSpec().findOption(name);
              if (option == null) {
                throw new KilnException(
                    "%s: the run has an option %s that there is not".formatted(folder, name));
              }
              boolean isReplaced =
                  parsed.hasMatchedOption(option) || hasLength && LENGTHS.contains(name);
              if (isReplaced) {
                requireChangeable(line, option, values, folder);
              } else {
                values.forEach(value -> merged.add(name + "=" + value));
              }
            });
    for (OptionSpec option : parsed.matchedOptions()) {
      requireKnown(stored, option, folder);
    }
    List<String> given = parsed.originalArgs();
    merged.addAll(given.subList(given.indexOf(line.getCommandName()) + 1, given.size()));
    line.parseArgs(merged.toArray(new String[0]));
  }

  private static void requireChangeable(
      CommandLine line, OptionSpec option, List<String> values, Path folder) {
    String name = name(option);
    if (CHANGEABLE.contains(name)) {
      return;
    }
    List<String> now = given(line, option);
    if (!now.equals(values)) {
      throw new KilnException(
          "the run in %s has %s %s, which cannot become %s when it is resumed"
              .formatted(folder, name, String.join(" ", values), String.join(" ", now)));
    }
  }

  /** An option that the run did not have may only be added where it may change. */
  private static void requireKnown(RunFolder.Settings stored, OptionSpec option, Path folder) {
    String name = name(option);
    if (!stored.options().containsKey(name)
        && !CHANGEABLE.contains(name)
        && !PASSING.contains(name)) {
      throw new KilnException(
          "the run in %s has no %s, which cannot be added when it is resumed"
              .formatted(folder, name));
    }
  }
}
