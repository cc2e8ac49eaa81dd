package dev.kiln.cli;

import dev.kiln.runtime.Launch;
import dev.kiln.runtime.cache.TuningOutcome;
import dev.kiln.runtime.tune.TuningChoice;
import dev.kiln.runtime.tune.TuningChoice.Candidate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What {@code kiln run --tune} tells of the configurations. */
final class TuningReport {
  private TuningReport() {}

  /** A line for each configuration, the chosen one marked by {@code *}. */
  static List<String> lines(Launch launch) {
    Optional<TuningChoice> choice = launch.tuningChoice();
    if (choice.isEmpty()) {
      return List.of("kiln: '%s' has no configurations".formatted(launch.kernel().name()));
    }
    List<String> table = choice.get().table();
    return table.isEmpty() ? List.of("* " + choice.get().config()) : table;
  }

  /** The same as JSON; times in microseconds. */
  static Map<String, Object> json(String mode, Launch launch) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("mode", mode);
    launch
        .tuningChoice()
        .ifPresent(
            choice -> {
              json.put("chosen", choice.config().toString());
              List<Object> candidates = new ArrayList<>();
              choice.candidates().forEach(candidate -> candidates.add(json(candidate)));
              json.put("configurations", candidates);
              choice.note().ifPresent(note -> json.put("note", note));
            });
    return json;
  }

  private static Map<String, Object> json(Candidate candidate) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("configuration", candidate.config().toString());
    json.put("source", candidate.source().label());
    candidate
        .outcome()
        .filter(TuningOutcome::works)
        .ifPresent(outcome -> json.put("microseconds", outcome.nanos() / 1e3));
    candidate
        .outcome()
        .flatMap(TuningOutcome::failure)
        .ifPresent(failure -> json.put("failure", failure));
    return json;
  }
}
