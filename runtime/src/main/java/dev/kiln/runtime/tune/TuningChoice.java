package dev.kiln.runtime.tune;

import dev.kiln.compiler.python.TritonConfig;
import dev.kiln.runtime.cache.TuningOutcome;
import dev.kiln.runtime.profile.Nanos;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Which configuration a launch takes, and why.
 *
 * @param config the chosen one
 * @param candidates what is known of each configuration; empty if nobody asked
 * @param holds whether the choice holds for all launches of the same key; otherwise the next launch
 *     asks again
 * @param note what else to tell, such as why nothing was tried
 */
public record TuningChoice(
    TritonConfig config, List<Candidate> candidates, boolean holds, Optional<String> note) {
  public TuningChoice {
    candidates = List.copyOf(candidates);
  }

  /** A choice of which no more is known. */
  static TuningChoice of(TritonConfig config) {
    return new TuningChoice(config, List.of(), true, Optional.empty());
  }

  /**
   * A configuration.
   *
   * @param outcome empty if it was not tried
   */
  public record Candidate(TritonConfig config, Source source, Optional<TuningOutcome> outcome) {}

  /** How an outcome is known. */
  public enum Source {
    /** It was tried for this choice. */
    TRIED("now"),
    /** It was found out before. */
    KEPT("kept"),
    /** {@code prune_configs_by} left it out. */
    PRUNED("pruned"),
    /** Nothing is known. */
    UNKNOWN("not tried");

    private final String label;

    Source(String label) {
      this.label = label;
    }

    /** A word for tables. */
    public String label() {
      return label;
    }
  }

  /** A line for each configuration, the chosen one marked by {@code *}; then the note. */
  public List<String> table() {
    int width = candidates.stream().mapToInt(c -> c.config().toString().length()).max().orElse(0);
    List<String> lines = new ArrayList<>();
    for (Candidate candidate : candidates) {
      String time = candidate.outcome().map(found -> Nanos.text(found.nanos())).orElse("");
      String failure = candidate.outcome().flatMap(TuningOutcome::failure).orElse("");
      lines.add(
          ("%s %-" + Math.max(1, width) + "s %10s  %s")
              .formatted(
                  candidate.config().equals(config) ? "*" : " ",
                  candidate.config(),
                  time,
                  failure.isEmpty() ? candidate.source().label() : failure)
              .stripTrailing());
    }
    note.ifPresent(lines::add);
    return lines;
  }
}
