package dev.kiln.ops.profile.page;

import dev.kiln.ops.page.Figures;
import dev.kiln.ops.page.Markup;
import dev.kiln.ops.profile.CallTime;
import dev.kiln.ops.profile.Check;
import dev.kiln.ops.profile.OperationCase;
import dev.kiln.ops.profile.ProfileReport;
import dev.kiln.ops.profile.ProfileRow;
import dev.kiln.ops.profile.ReferenceResult;
import dev.kiln.runtime.profile.Nanos;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The rows of a device that has a time: one for each call. */
final class TimedTable {
  private final ProfileReport report;
  private final List<String> libraries;

  TimedTable(ProfileReport report) {
    this.report = report;
    this.libraries =
        report.rows().stream()
            .flatMap(row -> row.references().stream())
            .map(ReferenceResult::library)
            .distinct()
            .toList();
  }

  String html() {
    Markup out = new Markup();
    heading(out, columns());
    for (ProfileRow row : report.rows()) {
      out.raw(row.isRight() ? "<tr>" : "<tr class=\"wrong\">");
      row(new Cells(out), row);
      out.raw("</tr>");
    }
    return out.raw("</tbody></table></div>").toString();
  }

  /** Opens a table that can be sorted. */
  static void heading(Markup out, List<String> columns) {
    out.raw("<div class=\"card scroll\"><table class=\"sortable\"><thead><tr>");
    columns.forEach(column -> out.leaf("th", column, "scope", "col"));
    out.raw("</tr></thead><tbody>");
  }

  private List<String> columns() {
    List<String> columns =
        new ArrayList<>(List.of("operation", "shape", "dtype", "launches", "median", "20 %"));
    columns.addAll(List.of("80 %", "GB/s", "TFLOP/s", "of the roofline", "bound"));
    libraries.forEach(library -> columns.add("× " + library));
    columns.addAll(List.of("error", "of allowed"));
    return columns;
  }

  private void row(Cells cells, ProfileRow row) {
    name(cells, row.ofCase());
    cells.count(row.launches());
    times(cells, row.time());
    rate(cells, row.gigabytesPerSecond(), 4);
    rate(cells, row.teraflopsPerSecond().filter(rate -> rate > 0), 3);
    row.attainable()
        .ifPresentOrElse(
            roof ->
                cells
                    .share(roof.share(), "at best " + Nanos.text(1e9 * roof.seconds()))
                    .text(roof.bound().label()),
            () -> cells.none().none());
    for (String library : libraries) {
      reference(cells, row, library);
    }
    error(cells, row);
  }

  static void name(Cells cells, OperationCase ofCase) {
    cells
        .text(ofCase.operation().name())
        .text(ofCase.sizes().toString())
        .text(ofCase.dtype().shortName());
  }

  private static void times(Cells cells, Optional<CallTime> times) {
    if (times.isEmpty()) {
      cells.none().none().none();
      return;
    }
    CallTime time = times.get();
    String told =
        "%s calls, the fastest took %s"
            .formatted(Cells.grouped(time.calls()), Nanos.text(1e9 * time.least()));
    cells.number(Nanos.text(1e9 * time.median()), time.median(), told);
    cells.number(Nanos.text(1e9 * time.p20()), time.p20());
    cells.number(Nanos.text(1e9 * time.p80()), time.p80());
  }

  private static void rate(Cells cells, Optional<Double> rate, int digits) {
    rate.ifPresentOrElse(value -> cells.number(Figures.of(value, digits), value), cells::none);
  }

  private static void reference(Cells cells, ProfileRow row, String library) {
    row.references().stream()
        .filter(result -> result.library().equals(library))
        .findFirst()
        .ifPresentOrElse(result -> cells.ratio(result.ratio(), told(result)), cells::none);
  }

  private static String told(ReferenceResult result) {
    String time =
        "%s takes %s".formatted(result.library(), Nanos.text(1e9 * result.time().median()));
    return Double.isNaN(result.difference())
        ? time
        : time + "; its results differ by " + Figures.of(result.difference(), 2);
  }

  /** Two cells: the largest error, and its part of what is allowed. */
  static void error(Cells cells, ProfileRow row) {
    if (row.fault().isPresent()) {
      cells.text("failed").none();
      return;
    }
    Optional<Check.OutputError> worst = row.check().flatMap(Check::worst);
    if (worst.isEmpty()) {
      cells.none().none();
      return;
    }
    Check.OutputError error = worst.get();
    Check check = row.check().orElseThrow();
    boolean smaller = !check.sizes().equals(row.ofCase().sizes());
    String told =
        "%s; %s are allowed%s"
            .formatted(
                error.output(),
                Figures.of(error.allowed(), 2),
                smaller ? "; of a smaller call, " + check.sizes() : "");
    cells.number(Figures.of(error.error(), 2) + (smaller ? " *" : ""), error.error(), told);
    if (error.isRight()) {
      cells.share(error.part(), told);
    } else {
      cells.text("wrong");
    }
  }
}
