package dev.kiln.runtime.sim.monitor;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Collects findings of a launch: the first for each pair of instructions in full, the others as a
 * count. Thread-safe.
 */
public final class Findings {
  /** More distinct findings than anybody reads. */
  private static final int LIMIT = 1000;

  private final Map<Finding.Key, Entry> entries = new LinkedHashMap<>();
  private long suppressed;

  private static final class Entry {
    private final Finding first;
    private long times = 1;

    Entry(Finding first) {
      this.first = first;
    }
  }

  /** A finding and how often it came. */
  public record Counted(Finding finding, long times) {}

  /** In full, one after the other; empty if there is none. */
  public synchronized String text() {
    StringBuilder text = new StringBuilder();
    for (Entry entry : entries.values()) {
      text.append(entry.first.text());
      text.append(entry.times == 1 ? "\n" : "\n  %,d times in all\n".formatted(entry.times));
    }
    if (suppressed > 0) {
      text.append("and %,d more\n".formatted(suppressed));
    }
    return text.toString();
  }

  public synchronized void report(Finding finding) {
    Entry entry = entries.get(finding.key());
    if (entry != null) {
      entry.times++;
    } else if (entries.size() < LIMIT) {
      entries.put(finding.key(), new Entry(finding));
    } else {
      suppressed++;
    }
  }

  /** Whether one with the same instructions is there already: its text need not be made again. */
  public synchronized boolean isKnown(Sanitizer sanitizer, int pc, int otherPc) {
    Entry entry = entries.get(new Finding.Key(sanitizer, pc, otherPc));
    if (entry != null) {
      entry.times++;
    }
    return entry != null;
  }

  /** In the order in which they were first found. */
  public synchronized List<Counted> all() {
    return entries.values().stream().map(e -> new Counted(e.first, e.times)).toList();
  }

  /** Findings dropped because there were too many distinct ones. */
  public synchronized long suppressed() {
    return suppressed;
  }

  public synchronized boolean isEmpty() {
    return entries.isEmpty();
  }
}
