package dev.kiln.cli;

import dev.kiln.runtime.sim.SimFault;
import dev.kiln.runtime.sim.SimReport;
import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.exec.Site;
import dev.kiln.runtime.sim.monitor.Finding;
import dev.kiln.runtime.sim.monitor.Findings;
import dev.kiln.runtime.sim.monitor.count.Counters;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the simulator tells of the launches of one entry: findings, a fault, counters. */
final class SimReports {
  private final String file;
  private final List<String> lines;
  private final PtxExcerpt excerpt;
  private final SimCounting counting;
  private final List<SimReport> reports = new ArrayList<>();
  private SimFault fault;

  /**
   * @param file the name under which the simulator knows the PTX
   * @param lines of the PTX
   * @param counting what to show of counters
   */
  SimReports(String file, List<String> lines, SimCounting counting) {
    this.file = file;
    this.lines = lines;
    this.excerpt = new PtxExcerpt(lines);
    this.counting = counting;
  }

  /** A launch has ended. */
  void add(SimReport report) {
    reports.add(report);
  }

  /**
   * A launch has stopped.
   *
   * @param report what is known of it
   */
  void stopped(SimFault why, Optional<SimReport> report) {
    fault = why;
    report.ifPresent(reports::add);
  }

  boolean isStopped() {
    return fault != null;
  }

  /** Nothing stopped, nothing was found. */
  boolean isClean() {
    return fault == null && reports.stream().allMatch(report -> report.findings().isEmpty());
  }

  /** The last launch, if it came to its end. */
  Optional<SimReport> last() {
    return reports.isEmpty() || isStopped() ? Optional.empty() : Optional.of(reports.getLast());
  }

  int launches() {
    return reports.size();
  }

  /** Findings and the fault. */
  void printWrong(PrintWriter err) {
    for (SimReport report : reports) {
      err.print(report.findings().text());
    }
    if (fault != null) {
      err.println(
          "kiln: " + fault.getMessage() + context(fault.place().flatMap(SimFault.Place::site)));
    }
  }

  /** Whether the launch stopped at a bad address in shared memory. */
  boolean stoppedInSharedMemory() {
    return fault != null
        && fault.kind() == LaneFault.Kind.ILLEGAL_ADDRESS
        && fault.getMessage().contains("shared");
  }

  /** Counters, if the last launch was counted. */
  void printCounters(PrintWriter out) {
    counters().ifPresent(counters -> out.print(counting.text(counters, lines)));
  }

  /** The line of the PTX with those before it, which made what it uses. */
  private String context(Optional<Site> site) {
    return site.filter(place -> place.file().equals(file))
        .map(place -> excerpt.context(place.line()))
        .orElse("");
  }

  /** Those of the last launch, if it was counted and came to its end. */
  private Optional<Counters> counters() {
    return last().flatMap(report -> report.part(Counters.class));
  }

  long bestNanos() {
    return reports.stream().mapToLong(SimReport::nanos).min().orElse(0);
  }

  /** Adds {@code warpInstructions}. */
  void addInstructionsTo(Map<String, Object> json) {
    if (!reports.isEmpty()) {
      json.put("warpInstructions", reports.getLast().warpInstructions());
    }
  }

  /** Adds {@code findings}, {@code counters}, {@code estimate} and {@code fault}. */
  void addTo(Map<String, Object> json) {
    json.put(
        "findings",
        reports.stream().flatMap(r -> r.findings().all().stream()).map(SimReports::json).toList());
    counters().ifPresent(counters -> counting.addTo(json, counters));
    if (fault != null) {
      json.put("fault", json(fault));
    }
  }

  private static Map<String, Object> json(Findings.Counted counted) {
    Finding finding = counted.finding();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("sanitizer", finding.sanitizer().label());
    json.put("message", finding.what());
    json.put("at", json(finding.where()));
    finding.other().ifPresent(other -> json.put("other", json(other)));
    json.put("times", counted.times());
    return json;
  }

  private static Map<String, Object> json(Finding.Place place) {
    Map<String, Object> json = json(Optional.ofNullable(place.site()));
    json.put("thread", place.thread());
    return json;
  }

  private static Map<String, Object> json(Optional<Site> site) {
    Map<String, Object> json = new LinkedHashMap<>();
    if (site.isPresent()) {
      json.put("line", site.get().line());
      json.put("function", site.get().function());
      site.get().source().ifPresent(source -> json.put("source", source.toString()));
    }
    return json;
  }

  private static Map<String, Object> json(SimFault fault) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("kind", fault.kind().text());
    json.put("message", fault.getMessage());
    if (fault.place().isPresent()) {
      SimFault.Place place = fault.place().get();
      json.putAll(json(place.site()));
      json.put("block", List.of(place.x(), place.y(), place.z()));
      json.put("warp", place.warp());
      if (place.lane() >= 0) {
        json.put("lane", place.lane());
      }
    }
    return json;
  }
}
