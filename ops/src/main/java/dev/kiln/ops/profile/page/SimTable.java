package dev.kiln.ops.profile.page;

import dev.kiln.compiler.Target;
import dev.kiln.ops.page.Figures;
import dev.kiln.ops.page.Markup;
import dev.kiln.ops.profile.CountedKernel;
import dev.kiln.ops.profile.ProfileReport;
import dev.kiln.ops.profile.ProfileRow;
import dev.kiln.runtime.profile.Nanos;
import dev.kiln.runtime.sim.monitor.count.Measure;
import dev.kiln.runtime.sim.monitor.count.Measures;
import dev.kiln.runtime.sim.roofline.RooflineEstimate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The rows of the simulator: one for each call and target. */
final class SimTable {
  private final ProfileReport report;

  SimTable(ProfileReport report) {
    this.report = report;
  }

  String html() {
    Markup out = new Markup();
    TimedTable.heading(out, columns());
    for (ProfileRow row : report.rows()) {
      List<Target> targets = row.kernels().stream().map(CountedKernel::target).distinct().toList();
      for (Target target : targets) {
        out.raw(row.isRight() ? "<tr>" : "<tr class=\"wrong\">");
        row(new Cells(out), row, target);
        out.raw("</tr>");
      }
      if (targets.isEmpty()) {
        out.raw(row.isRight() ? "<tr>" : "<tr class=\"wrong\">");
        empty(new Cells(out), row);
        out.raw("</tr>");
      }
    }
    return out.raw("</tbody></table></div>").toString();
  }

  private List<String> columns() {
    List<String> columns = new ArrayList<>(List.of("operation", "shape", "dtype", "target"));
    columns.addAll(List.of("launches", "warp instr.", "sectors", "of ideal", "conflicts"));
    columns.add("products");
    report.gpus().forEach(gpu -> columns.addAll(List.of(gpu + " at least", "bound")));
    columns.addAll(List.of("error", "of allowed"));
    return columns;
  }

  private void row(Cells cells, ProfileRow row, Target target) {
    List<CountedKernel> kernels =
        row.kernels().stream().filter(kernel -> kernel.target() == target).toList();
    TimedTable.name(cells, row.ofCase());
    cells.text(target.label()).count(kernels.size());
    Measures sum =
        kernels.stream()
            .map(kernel -> kernel.counters().total())
            .reduce(Measures.NONE, Measures::plus);
    long sectors = sum.get(Measure.GLOBAL_SECTORS);
    long ideal = sum.get(Measure.GLOBAL_IDEAL_SECTORS);
    cells.count(sum.get(Measure.EXECUTIONS)).count(sectors);
    if (ideal == 0) {
      cells.none();
    } else {
      double ratio = (double) sectors / ideal;
      cells.number("× " + Figures.of(ratio, 3), ratio, Cells.grouped(ideal) + " side by side");
    }
    cells.count(sum.bankConflicts()).count(sum.get(Measure.MULTIPLY_ADDS));
    report.gpus().forEach(gpu -> estimate(cells, gpu, kernels));
    TimedTable.error(cells, row);
  }

  private void empty(Cells cells, ProfileRow row) {
    TimedTable.name(cells, row.ofCase());
    for (int i = 0; i < 7 + 2 * report.gpus().size(); i++) {
      cells.none();
    }
    TimedTable.error(cells, row);
  }

  /** The sum of all launches, and what bounds the longest. */
  private static void estimate(Cells cells, String gpu, List<CountedKernel> kernels) {
    List<RooflineEstimate> estimates = estimates(gpu, kernels);
    estimates.stream()
        .max(Comparator.comparingDouble(RooflineEstimate::seconds))
        .ifPresentOrElse(
            longest -> {
              double seconds = estimates.stream().mapToDouble(RooflineEstimate::seconds).sum();
              cells
                  .number(Nanos.text(1e9 * seconds), seconds)
                  .text(longest.holds().resource().title());
            },
            () -> cells.none().none());
  }

  /** Those for a GPU. */
  static List<RooflineEstimate> estimates(String gpu, List<CountedKernel> kernels) {
    return kernels.stream()
        .flatMap(kernel -> kernel.estimates().stream())
        .filter(estimate -> estimate.gpu().name().equals(gpu))
        .toList();
  }
}
