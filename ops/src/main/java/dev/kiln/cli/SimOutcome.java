package dev.kiln.cli;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.PtxModule;
import dev.kiln.runtime.sim.SimLaunch;
import dev.kiln.runtime.sim.ptx.Space;
import java.io.PrintWriter;
import java.math.BigInteger;
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
  private final String entry;
  private final SimLaunch launch;
  private final SimReports reports;
  private final Map<String, NdArray> results = new LinkedHashMap<>();
  private final Map<String, Comparison> comparisons = new LinkedHashMap<>();

  /**
   * @param counting what to show of counters
   */
  SimOutcome(PtxModule module, String entry, SimLaunch launch, SimCounting counting) {
    this.module = module;
    this.entry = entry;
    this.launch = launch;
    this.reports = new SimReports(module.file().name(), module.file().lines(), counting);
  }

  /** What the simulator tells of the launches. */
  SimReports reports() {
    return reports;
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
    return reports.isClean() && comparisons.values().stream().allMatch(Comparison::matches);
  }

  /** Results and what agrees go to {@code out}, everything that is wrong to {@code err}. */
  void print(PrintWriter out, PrintWriter err) {
    printWrong(err);
    results.forEach((title, array) -> out.println(title + " = " + Preview.of(array)));
    comparisons.forEach(
        (title, comparison) ->
            (comparison.matches() ? out : err).println(comparison.describe(title)));
    reports.printCounters(out);
    if (reports.launches() > 1) {
      err.println(
          "%d launches, best %.1f us".formatted(reports.launches(), reports.bestNanos() / 1e3));
    }
  }

  /** Findings and the fault. */
  void printWrong(PrintWriter err) {
    reports.printWrong(err);
    hint().ifPresent(text -> err.println("  hint: " + text));
  }

  private Optional<String> hint() {
    boolean dynamic =
        module.file().variables().stream()
            .anyMatch(v -> v.space() == Space.SHARED && v.dimensions().contains(0L));
    return dynamic && launch.dynamicShared() == 0 && reports.stoppedInSharedMemory()
        ? Optional.of("the file has .extern .shared memory: give its size with --shared BYTES")
        : Optional.empty();
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
    json.put("launches", reports.launches());
    reports.addInstructionsTo(json);
    if (reports.launches() > 0) {
      json.put("bestMicroseconds", reports.bestNanos() / 1e3);
    }
    json.put("printed", printed);
    json.put(
        "results", results.entrySet().stream().map(e -> json(e.getKey(), e.getValue())).toList());
    json.put(
        "comparisons",
        comparisons.entrySet().stream().map(e -> e.getValue().toJson(e.getKey())).toList());
    reports.addTo(json);
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
}
