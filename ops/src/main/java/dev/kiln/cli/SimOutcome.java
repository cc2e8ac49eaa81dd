package dev.kiln.cli;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.PtxModule;
import dev.kiln.runtime.sim.SimFault;
import dev.kiln.runtime.sim.SimLaunch;
import dev.kiln.runtime.sim.SimReport;
import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.exec.Site;
import dev.kiln.runtime.sim.monitor.Finding;
import dev.kiln.runtime.sim.monitor.Findings;
import dev.kiln.runtime.sim.monitor.count.Counters;
import dev.kiln.runtime.sim.ptx.Space;
import java.io.PrintWriter;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What came of the launches of {@code kiln sim}, as text and as JSON. */
final class SimOutcome {
  /** Numbers of an array that a JSON document holds. */
  private static final int MOST_VALUES = 64;

  private final PtxModule module;
  private final PtxExcerpt excerpt;
  private final String entry;
  private final SimLaunch launch;
  private final SimCounting counting;
  private final List<SimReport> reports = new ArrayList<>();
  private final Map<String, NdArray> results = new LinkedHashMap<>();
  private final Map<String, Comparison> comparisons = new LinkedHashMap<>();
  private SimFault fault;

  /**
   * @param counting what to show of counters
   */
  SimOutcome(PtxModule module, String entry, SimLaunch launch, SimCounting counting) {
    this.module = module;
    this.excerpt = new PtxExcerpt(module.file().lines());
    this.entry = entry;
    this.launch = launch;
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

  /** An array to show. */
  void result(String title, NdArray array) {
    results.put(title, array);
  }

  /** An array has been compared with what was expected. */
  void compared(String title, Comparison comparison) {
    comparisons.put(title, comparison);
  }

  /** Nothing stopped, nothing was found, nothing differs. */
  boolean isClean() {
    return fault == null
        && reports.stream().allMatch(report -> report.findings().isEmpty())
        && comparisons.values().stream().allMatch(Comparison::matches);
  }

  /** Results and what agrees go to {@code out}, everything that is wrong to {@code err}. */
  void print(PrintWriter out, PrintWriter err) {
    printWrong(err);
    results.forEach((title, array) -> out.println(title + " = " + Preview.of(array)));
    comparisons.forEach(
        (title, comparison) ->
            (comparison.matches() ? out : err).println(comparison.describe(title)));
    counters().ifPresent(counters -> out.print(counting.text(counters, module.file().lines())));
    if (reports.size() > 1) {
      err.println("%d launches, best %.1f us".formatted(reports.size(), bestNanos() / 1e3));
    }
  }

  /** Findings and the fault. */
  void printWrong(PrintWriter err) {
    for (SimReport report : reports) {
      err.print(report.findings().text());
    }
    if (fault != null) {
      err.println(
          "kiln: " + fault.getMessage() + context(fault.place().flatMap(SimFault.Place::site)));
      hint().ifPresent(text -> err.println("  hint: " + text));
    }
  }

  /** The line of the PTX with those before it, which made what it uses. */
  private String context(Optional<Site> site) {
    return site.filter(place -> place.file().equals(module.file().name()))
        .map(place -> excerpt.context(place.line()))
        .orElse("");
  }

  private Optional<String> hint() {
    boolean dynamic =
        module.file().variables().stream()
            .anyMatch(v -> v.space() == Space.SHARED && v.dimensions().contains(0L));
    return dynamic
            && launch.dynamicShared() == 0
            && fault.kind() == LaneFault.Kind.ILLEGAL_ADDRESS
            && fault.getMessage().contains("shared")
        ? Optional.of("the file has .extern .shared memory: give its size with --shared BYTES")
        : Optional.empty();
  }

  /** Those of the last launch, if it was counted and came to its end. */
  private Optional<Counters> counters() {
    return reports.isEmpty() || isStopped()
        ? Optional.empty()
        : reports.getLast().part(Counters.class);
  }

  private long bestNanos() {
    return reports.stream().mapToLong(SimReport::nanos).min().orElse(0);
  }

  /**
   * One document.
   *
   * @param printed what the kernel printed
   */
  Map<String, Object> toJson(String printed) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("file", module.file().name());
    json.put("kernel", entry);
    json.put("grid", extents(launch.grid()));
    json.put("block", extents(launch.block()));
    launch.cluster().ifPresent(cluster -> json.put("cluster", extents(cluster)));
    json.put("sharedBytes", launch.dynamicShared());
    json.put("launches", reports.size());
    if (!reports.isEmpty()) {
      json.put("warpInstructions", reports.getLast().warpInstructions());
      json.put("bestMicroseconds", bestNanos() / 1e3);
    }
    json.put("printed", printed);
    json.put(
        "results", results.entrySet().stream().map(e -> json(e.getKey(), e.getValue())).toList());
    json.put(
        "comparisons",
        comparisons.entrySet().stream().map(e -> e.getValue().toJson(e.getKey())).toList());
    json.put(
        "findings",
        reports.stream().flatMap(r -> r.findings().all().stream()).map(SimOutcome::json).toList());
    counters().ifPresent(counters -> counting.addTo(json, counters));
    if (fault != null) {
      json.put("fault", json(fault));
    }
    return json;
  }

  private static List<Integer> extents(Grid grid) {
    return List.of(grid.x(), grid.y(), grid.z());
  }

  private static Map<String, Object> json(String title, NdArray array) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("argument", title);
    json.put("dtype", array.dtype().shortName());
    json.put("shape", array.shape());
    json.put("values", firstValues(array));
    json.put("whole", array.size() <= MOST_VALUES);
    return json;
  }

  /** Numbers of the array's first elements; integers have all their digits. */
  private static Object firstValues(NdArray array) {
    int count = (int) Math.min(array.size(), MOST_VALUES);
    if (array.dtype().isFloat()) {
      return Arrays.copyOf(array.toDoubles(), count);
    }
    long[] values = Arrays.copyOf(array.toLongs(), count);
    if (array.dtype() == DType.U64) {
      return Arrays.stream(values).mapToObj(Long::toUnsignedString).map(BigInteger::new).toList();
    }
    return values;
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
