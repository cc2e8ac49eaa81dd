package dev.kiln.ops.report;

import dev.kiln.ops.page.Figures;
import dev.kiln.ops.page.Markup;
import dev.kiln.ops.page.Page;
import dev.kiln.ops.report.RunLog.KernelTime;
import dev.kiln.ops.report.RunLog.Note;
import dev.kiln.runtime.AtomicFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * A run as one page that needs nothing from outside: styles, charts and pictures are within. What
 * was not recorded leaves no trace on it. Light or dark as the reader has it.
 */
public final class HtmlReport {
  private static final int KERNELS = 24;
  private static final int NOTES = 100;

  private final RunLog log;
  private final Markup html = new Markup();

  private HtmlReport(RunLog log) {
    this.log = log;
  }

  /**
   * Writes the page, as a whole or not at all.
   *
   * @throws dev.kiln.runtime.KilnException if that fails
   */
  public static void write(RunLog log, Path file) {
    byte[] page = page(log).getBytes(StandardCharsets.UTF_8);
    AtomicFile.write(file, out -> out.write(page));
  }

  /** The page. */
  public static String page(RunLog log) {
    return new HtmlReport(log).make();
  }

  private String make() {
    html.raw(Page.begin(log.title()));
    head();
    section("", CurvePanels.loss(log), "");
    section("", CurvePanels.others(log), "grid");
    if (!log.layerGradients().isEmpty()) {
      String maps =
          "<div class=\"on-wide\">"
              + LayerMap.of(log.layerGradients(), 1000)
              + "</div><div class=\"on-narrow\">"
              + LayerMap.of(log.layerGradients(), 420)
              + "</div>";
      String legend =
          "<p class=\"about\">The largest norm of each stretch of steps; the stronger, the larger,"
              + " by powers of ten.</p>";
      section(
          "Gradient norm per layer", legend + "<figure class=\"card\">" + maps + "</figure>", "");
    }
    if (log.confusion() != null) {
      section("Classification", ResultPanels.confusion(log.confusion()), "grid two");
    }
    if (log.predictions() != null) {
      section("Regression", ResultPanels.regression(log.predictions()), "grid");
    }
    if (!log.pictures().isEmpty()) {
      section("Predictions", ResultPanels.pictures(log.pictures()), "");
    }
    section("Generated pictures", ResultPanels.grids(log.grids()), "grid");
    section("Text samples", ResultPanels.texts(log.texts()), "grid two");
    section("Time per kernel", kernels(), "");
    section("Notes", notes(), "");
    section("Run", facts(), "grid two");
    return html.raw(Page.end(LineChart.script())).toString();
  }

  private void section(String title, String content, String layout) {
    if (!content.isEmpty()) {
      html.raw("<section>");
      if (!title.isEmpty()) {
        html.leaf("h2", title);
      }
      html.tag("div", "class", layout).raw(content).raw("</div></section>");
    }
  }

  private void head() {
    html.raw("<header><p class=\"brand\">Kiln training report</p>").leaf("h1", log.title());
    html.raw("<dl class=\"tiles\">");
    Series train = log.curve(Curves.TRAIN_LOSS);
    if (train.size() > 0) {
      tile("train loss", Figures.of(train.last()), "at step " + last(train));
    }
    best(Curves.VALIDATION_LOSS, "best validation loss", false);
    best(Curves.VALIDATION_ACCURACY, "best validation accuracy", true);
    for (Map.Entry<String, Series> curve : log.curves().entrySet()) {
      if (curve.getKey().startsWith(Curves.THROUGHPUT) && curve.getValue().size() > 0) {
        String unit = curve.getKey().substring(Curves.THROUGHPUT.length()).replace("/", "");
        tile("throughput", Figures.brief(median(curve.getValue())), unit + " per second, median");
      }
    }
    long skipped = count(RunLog.NoteKind.SKIPPED_STEP);
    if (skipped > 0) {
      tile("skipped steps", Figures.brief(skipped), "gradients overflowed");
    }
    html.raw("</dl>");
    if (log.curves().isEmpty()) {
      html.raw("<p class=\"about\">Nothing was recorded yet.</p>");
    }
    html.raw("</header>");
  }

  private void tile(String name, String value, String more) {
    html.raw("<div>").leaf("dt", name).leaf("dd", value).leaf("dd", more, "class", "more");
    html.raw("</div>");
  }

  private void best(String curve, String name, boolean largest) {
    Series series = log.curve(curve);
    int best = -1;
    for (int i = 0; i < series.size(); i++) {
      double value = series.value(i);
      boolean better =
          best < 0 || (largest ? value > series.value(best) : value < series.value(best));
      best = Double.isFinite(value) && better ? i : best;
    }
    if (best >= 0) {
      double value = series.value(best);
      String shown = largest && value <= 1 ? Figures.percent(value) : Figures.of(value);
      tile(name, shown, "at step " + Figures.of(series.step(best)));
    }
  }

  private long count(RunLog.NoteKind kind) {
    return log.notes().stream().filter(note -> note.kind() == kind).count();
  }

  private static String last(Series series) {
    return Figures.of(series.step(series.size() - 1));
  }

  private static double median(Series series) {
    double[] values = series.state().values();
    Arrays.sort(values);
    return values[values.length / 2];
  }

  private String kernels() {
    if (log.kernels().isEmpty()) {
      return "";
    }
    List<KernelTime> all =
        log.kernels().stream()
            .sorted(Comparator.comparingDouble(KernelTime::seconds).reversed())
            .toList();
    double total = all.stream().mapToDouble(KernelTime::seconds).sum();
    double longest = Math.max(all.getFirst().seconds(), Double.MIN_NORMAL);
    Markup table =
        new Markup().raw("<div class=\"card scroll\"><table class=\"kernels\"><thead><tr>");
    for (String column : new String[] {"kernel", "part", "", "time", "launches", "FLOP/s"}) {
      table.leaf("th", column);
    }
    table.raw("</tr></thead><tbody>");
    for (KernelTime kernel : all.subList(0, Math.min(KERNELS, all.size()))) {
      kernel(table, kernel, kernel.seconds() / longest, total);
    }
    if (all.size() > KERNELS) {
      List<KernelTime> rest = all.subList(KERNELS, all.size());
      double seconds = rest.stream().mapToDouble(KernelTime::seconds).sum();
      long launches = rest.stream().mapToLong(KernelTime::launches).sum();
      KernelTime others = new KernelTime(rest.size() + " others", launches, seconds, 0);
      kernel(table, others, seconds / longest, total);
    }
    table.raw("</tbody><tfoot><tr><th>all</th><td></td><td></td>");
    return table.leaf("td", Figures.seconds(total)).raw("</tr></tfoot></table></div>").toString();
  }

  private static void kernel(Markup table, KernelTime kernel, double length, double total) {
    table.raw("<tr>").leaf("th", kernel.name());
    table.leaf("td", total > 0 ? Figures.percent(kernel.seconds() / total) : "");
    table.raw("<td class=\"bar\">");
    table.tag("span", "style", "width:" + Figures.pixel(100 * Math.min(1, length)) + "%");
    table.raw("</span></td>").leaf("td", Figures.seconds(kernel.seconds()));
    table.leaf("td", Figures.brief(kernel.launches()));
    boolean known = kernel.flops() > 0 && kernel.seconds() > 0;
    table.leaf("td", known ? Figures.brief(kernel.flops() / kernel.seconds()) : "");
    table.raw("</tr>");
  }

  private String notes() {
    if (log.notes().isEmpty()) {
      return "";
    }
    Markup list = new Markup().raw("<ol class=\"card notes\">");
    for (Note note : log.notes().subList(0, Math.min(NOTES, log.notes().size()))) {
      list.raw("<li>").leaf("span", "step " + Figures.of(note.step()), "class", "step");
      String kind = CurvePanels.kind(note.kind());
      list.leaf("span", kind.replace('-', ' '), "class", "kind " + kind);
      list.leaf("span", note.text()).raw("</li>");
    }
    if (log.notes().size() > NOTES) {
      list.leaf("li", "and " + (log.notes().size() - NOTES) + " more");
    }
    return list.raw("</ol>").toString();
  }

  private String facts() {
    return table("Hyper-parameters", log.hyperParameters())
        + table("Environment", log.environment());
  }

  private static String table(String title, Map<String, String> values) {
    if (values.isEmpty()) {
      return "";
    }
    Markup table = new Markup().raw("<div class=\"card\">").leaf("h3", title);
    table.raw("<table class=\"facts\"><tbody>");
    values.forEach(
        (name, value) -> table.raw("<tr>").leaf("th", name).leaf("td", value).raw("</tr>"));
    return table.raw("</tbody></table></div>").toString();
  }
}
