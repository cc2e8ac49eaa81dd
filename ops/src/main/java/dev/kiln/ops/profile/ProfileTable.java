package dev.kiln.ops.profile;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.profile.Nanos;
import dev.kiln.runtime.sim.monitor.count.Measure;
import dev.kiln.runtime.sim.monitor.count.Measures;
import dev.kiln.runtime.sim.roofline.RooflineEstimate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;

/** A report as a table of text. */
public final class ProfileTable {
  private static final String NONE = "-";

  /** Of columns with text, which are aligned to the left: operation, shape, dtype. */
  private static final int TEXTS = 3;

  private ProfileTable() {}

  /** The lines: a heading, a row for each call, what else there is to know. */
  public static List<String> lines(ProfileReport report) {
    boolean simulated = !report.gpus().isEmpty();
    List<List<String>> rows = new ArrayList<>();
    if (simulated) {
      rows.add(simulatedHeading(report));
      report.rows().forEach(row -> rows.addAll(simulated(report, row)));
    } else {
      List<String> libraries = libraries(report);
      rows.add(heading(libraries));
      report.rows().forEach(row -> rows.add(timed(row, libraries)));
    }
    List<String> lines = new ArrayList<>(aligned(rows));
    lines.addAll(notes(report));
    return lines;
  }

  // Devices that have a time

  /** Libraries that did at least one of the calls. */
  private static List<String> libraries(ProfileReport report) {
    return report.references().stream()
        .map(ProfileReport.Library::name)
        .filter(
            name ->
                report.rows().stream()
                    .flatMap(row -> row.references().stream())
                    .anyMatch(result -> result.library().equals(name)))
        .toList();
  }

  private static List<String> heading(List<String> libraries) {
    List<String> cells =
        new ArrayList<>(
            List.of(
                "operation",
                "shape",
                "dtype",
                "launches",
                "time",
                "GB/s",
                "TFLOP/s",
                "roof",
                "bound"));
    libraries.forEach(library -> cells.add("x " + library));
    cells.addAll(List.of("error", "of allowed"));
    return cells;
  }

  private static List<String> timed(ProfileRow row, List<String> libraries) {
    List<String> cells = names(row);
    cells.add(Integer.toString(row.launches()));
    cells.add(row.time().map(time -> Nanos.text(time.median() * 1e9)).orElse(NONE));
    cells.add(row.gigabytesPerSecond().map(rate -> number("%.1f", rate)).orElse(NONE));
    cells.add(row.teraflopsPerSecond().map(rate -> number("%.3f", rate)).orElse(NONE));
    cells.add(row.attainable().map(roof -> number("%.0f %%", 100 * roof.share())).orElse(NONE));
    cells.add(row.attainable().map(roof -> roof.bound().label()).orElse(NONE));
    for (String library : libraries) {
      cells.add(
          row.references().stream()
              .filter(result -> result.library().equals(library))
              .map(result -> ratio(result.ratio()))
              .findFirst()
              .orElse(NONE));
    }
    addError(cells, row);
    return cells;
  }

  private static List<String> names(ProfileRow row) {
    OperationCase ofCase = row.ofCase();
    return new ArrayList<>(
        List.of(ofCase.operation().name(), ofCase.sizes().toString(), ofCase.dtype().shortName()));
  }

  private static String ratio(double ratio) {
    return number(ratio < 10 ? "%.2f" : "%.0f", ratio);
  }

  private static void addError(List<String> cells, ProfileRow row) {
    if (row.fault().isPresent()) {
      cells.addAll(List.of(NONE, "FAILED"));
      return;
    }
    Optional<Check.OutputError> worst = row.check().flatMap(Check::worst);
    String mark = isOfSmaller(row) ? "*" : "";
    cells.add(worst.map(error -> number("%.1e", error.error()) + mark).orElse(NONE));
    cells.add(
        worst
            .map(error -> error.isRight() ? number("%.0f %%", 100 * error.part()) : "WRONG")
            .orElse(NONE));
  }

  private static boolean isOfSmaller(ProfileRow row) {
    return row.check().map(check -> !check.sizes().equals(row.ofCase().sizes())).orElse(false);
  }

  // The simulator

  private static List<String> simulatedHeading(ProfileReport report) {
    List<String> cells =
        new ArrayList<>(
            List.of(
                "operation",
                "shape",
                "dtype",
                "target",
                "launches",
                "instructions",
                "sectors",
                "of ideal",
                "conflicts",
                "products"));
    report.gpus().forEach(gpu -> cells.addAll(List.of(gpu, "bound")));
    cells.addAll(List.of("error", "of allowed"));
    return cells;
  }

  /** A row for each target. */
  private static List<List<String>> simulated(ProfileReport report, ProfileRow row) {
    List<List<String>> rows = new ArrayList<>();
    var targets = new TreeSet<Target>();
    row.kernels().forEach(kernel -> targets.add(kernel.target()));
    for (Target target : targets) {
      List<CountedKernel> kernels =
          row.kernels().stream().filter(kernel -> kernel.target() == target).toList();
      List<String> cells = names(row);
      cells.add(target.label());
      cells.add(Integer.toString(kernels.size()));
      cells.addAll(counters(kernels));
      for (String gpu : report.gpus()) {
        cells.addAll(estimate(gpu, kernels));
      }
      addError(cells, row);
      rows.add(cells);
    }
    if (row.fault().isPresent()) {
      rows.add(names(row));
    }
    return rows;
  }

  private static List<String> counters(List<CountedKernel> kernels) {
    Measures sum =
        kernels.stream()
            .map(kernel -> kernel.counters().total())
            .reduce(Measures.NONE, Measures::plus);
    long sectors = sum.get(Measure.GLOBAL_SECTORS);
    long ideal = sum.get(Measure.GLOBAL_IDEAL_SECTORS);
    return List.of(
        number("%,d", sum.get(Measure.EXECUTIONS)),
        number("%,d", sectors),
        ideal == 0 ? NONE : number("%.2f", (double) sectors / ideal),
        number("%,d", sum.bankConflicts()),
        number("%,d", sum.get(Measure.MULTIPLY_ADDS)));
  }

  /** The sum of all launches, and what bounds the longest. */
  private static List<String> estimate(String gpu, List<CountedKernel> kernels) {
    List<RooflineEstimate> estimates =
        kernels.stream()
            .flatMap(kernel -> kernel.estimates().stream())
            .filter(estimate -> estimate.gpu().name().equals(gpu))
            .toList();
    return estimates.stream()
        .max(Comparator.comparingDouble(RooflineEstimate::seconds))
        .map(
            longest ->
                List.of(
                    Nanos.text(
                        1e9 * estimates.stream().mapToDouble(RooflineEstimate::seconds).sum()),
                    longest.holds().resource().title()))
        .orElse(List.of(NONE, NONE));
  }

  // Below the table

  private static List<String> notes(ProfileReport report) {
    List<String> notes = new ArrayList<>();
    report
        .roofline()
        .ifPresent(
            roofline ->
                notes.add(
                    "roof: %s; memory %s GB/s, fp32 %s TFLOP/s"
                        .formatted(
                            roofline.source(),
                            number("%.1f", roofline.memoryBandwidth() * 1e-9),
                            number("%.3f", roofline.peak(DType.FP32, false) * 1e-12))));
    if (report.rows().stream().anyMatch(ProfileTable::isOfSmaller)) {
      notes.add(
          "*: of a smaller call, as the definition in plain Java takes too long for this one");
    }
    for (ProfileReport.Library library : report.references()) {
      Stream.of(library)
          .flatMap(l -> l.unavailable().stream())
          .forEach(reason -> notes.add(library.name() + " is not compared with: " + reason));
    }
    return notes;
  }

  private static String number(String format, Object value) {
    return String.format(Locale.ROOT, format, value);
  }

  private static List<String> aligned(List<List<String>> rows) {
    int columns = rows.stream().mapToInt(List::size).max().orElse(0);
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < row.size(); i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    return rows.stream().map(row -> aligned(row, widths)).toList();
  }

  private static String aligned(List<String> row, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < row.size(); i++) {
      String pad = " ".repeat(widths[i] - row.get(i).length());
      line.append(i == 0 ? "" : "  ").append(i < TEXTS ? row.get(i) + pad : pad + row.get(i));
    }
    return line.toString().stripTrailing();
  }
}
