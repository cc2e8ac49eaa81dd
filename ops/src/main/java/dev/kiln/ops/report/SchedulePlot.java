package dev.kiln.ops.report;

import dev.kiln.ops.page.Figures;
import dev.kiln.ops.page.Markup;
import dev.kiln.ops.page.Page;
import dev.kiln.ops.schedule.Schedule;
import dev.kiln.runtime.AtomicFile;
import dev.kiln.runtime.KilnException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;

/**
 * The rates of a schedule over a run. A schedule that measures is plotted as if nothing had been
 * measured.
 */
public final class SchedulePlot {
  private static final int POINTS = 1200;
  private static final String BLOCKS = " ▁▂▃▄▅▆▇█";

  private final Schedule schedule;
  private final long steps;

  /**
   * Of the first steps of a schedule.
   *
   * @throws KilnException if there are none
   */
  public SchedulePlot(Schedule schedule, long steps) {
    if (steps < 1) {
      throw new KilnException("plot of a schedule over " + steps + " steps; it needs one at least");
    }
    this.schedule = schedule;
    this.steps = steps;
  }

  /**
   * Writes an SVG picture or an HTML page, as the name of the file ends.
   *
   * @throws KilnException if it ends otherwise or cannot be written
   */
  public void write(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    String content;
    if (name.endsWith(".svg")) {
      content = svg();
    } else if (name.endsWith(".html")) {
      content = html();
    } else {
      throw new KilnException("cannot plot to " + file + ": the name must end in .svg or .html");
    }
    byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
    AtomicFile.write(file, out -> out.write(bytes));
  }

  private LineChart chart() {
    Series rates = new Series();
    long points = Math.min(steps, POINTS);
    for (long i = 0; i < points; i++) {
      long step = points == 1 ? 0 : Math.round((double) i * (steps - 1) / (points - 1));
      rates.add(step, schedule.at(step));
    }
    LineChart chart = new LineChart("learning rate", "step", false);
    chart.add("learning rate", 0, rates, 1);
    return chart;
  }

  /** A picture that stands alone. */
  public String svg() {
    String chart = chart().svg(860, 360, false);
    int inside = chart.indexOf('>') + 1;
    String style = "<style>" + Page.chartStyle() + "svg { background: var(--card); }</style>";
    return chart.substring(0, inside) + style + chart.substring(inside) + "\n";
  }

  /** A page with values under the pointer. */
  public String html() {
    LineChart chart = chart();
    return new Markup()
        .raw(Page.begin("Learning rate"))
        .raw("<header><p class=\"brand\">Kiln schedule</p>")
        .leaf("h1", schedule.toString())
        .raw("</header><figure class=\"card\"><div class=\"on-wide\">")
        .raw(chart.svg(1000, 380, false))
        .raw("</div><div class=\"on-narrow\">")
        .raw(chart.svg(420, 300, false))
        .raw("</div><script type=\"application/json\">" + chart.data() + "</script></figure>")
        .raw(Page.end(LineChart.script()))
        .toString();
  }

  /**
   * Bars for a terminal, one column for each stretch of steps, with the largest rate of each.
   *
   * @param columns of the bars, without the numbers at the left
   * @param rows of the bars, without the line of steps below
   */
  public String text(int columns, int rows) {
    int wide = (int) Math.max(1, Math.min(columns, steps));
    double[] rates = new double[wide];
    double most = 0;
    for (int c = 0; c < wide; c++) {
      rates[c] = largest(steps * c / wide, Math.max(steps * c / wide + 1, steps * (c + 1) / wide));
      most = Math.max(most, rates[c]);
    }
    String top = Figures.of(most, 3);
    int margin = Math.max(top.length(), 1);
    StringBuilder text = new StringBuilder();
    for (int row = rows - 1; row >= 0; row--) {
      String label = row == rows - 1 ? top : row == 0 ? "0" : "";
      text.append(" ".repeat(margin - label.length())).append(label).append(" ┤");
      for (double rate : rates) {
        double filled = most == 0 ? 0 : rate / most * rows - row;
        // A rate above zero is seen, however small.
        long eighths = Math.clamp(Math.round(filled * 8), row == 0 && rate > 0 ? 1 : 0, 8);
        text.append(BLOCKS.charAt((int) eighths));
      }
      text.append('\n');
    }
    String last = Figures.of(steps - 1);
    text.append(" ".repeat(margin + 2)).append('0');
    text.append(" ".repeat(Math.max(1, wide - 1 - last.length())));
    return text.append(steps > 1 ? last : "").append('\n').toString();
  }

  /** Of a stretch; a long one is looked at here and there. */
  private double largest(long from, long to) {
    double largest = 0;
    long stride = Math.max(1, (to - from) / 64);
    for (long step = from; step < to; step += stride) {
      largest = Math.max(largest, schedule.at(step));
    }
    return largest;
  }
}
