package dev.kiln.ops.report;

import dev.kiln.ops.page.Axis;
import dev.kiln.ops.page.Figures;
import dev.kiln.ops.page.Markup;
import dev.kiln.ops.page.Page;
import dev.kiln.ops.page.Plot;
import java.util.ArrayList;
import java.util.List;

/** Curves over steps. Where a value has no place, the curve has a gap. */
final class LineChart {
  private static final int POINTS = 600;
  private static final double POINTS_OF_FAINT_PER_PIXEL = 1.2;
  private static final double GROWTH_FOR_LOG = 40;

  /** A curve in a colour of the style sheet; a faint one stands behind its smoothed twin. */
  record Line(String name, int colour, Series series, boolean faint) {}

  /** A step to be marked. */
  record Mark(long step, String text, String kind) {}

  private final String title;
  private final String xName;
  private final boolean brief;
  private final List<Line> lines = new ArrayList<>();
  private final List<Mark> marks = new ArrayList<>();

  LineChart(String title, String xName, boolean brief) {
    this.title = title;
    this.xName = xName;
    this.brief = brief;
  }

  /**
   * Adds a curve.
   *
   * @param smoothing over so many points; 1 for none
   */
  void add(String name, int colour, Series series, double smoothing) {
    if (smoothing > 1) {
      lines.add(new Line(name, colour, series, true));
      lines.add(new Line(name, colour, series.smoothed(smoothing).thinned(POINTS), false));
    } else {
      lines.add(new Line(name, colour, series.thinned(POINTS), false));
    }
  }

  void mark(long step, String text, String kind) {
    marks.add(new Mark(step, text, kind));
  }

  List<Line> lines() {
    return lines;
  }

  /** Whether the values, all above 0, span so much that powers of ten show more. */
  boolean wantsLog() {
    double[] range = range(false);
    return range[0] > 0 && range[1] / range[0] > GROWTH_FOR_LOG;
  }

  boolean allowsLog() {
    double[] range = range(false);
    return range[0] > 0 && range[1] > range[0];
  }

  boolean isEmpty() {
    return lines.stream().allMatch(line -> line.series().size() == 0);
  }

  /** Smallest and largest value that has a place; 0 to 1 without one. */
  private double[] range(boolean log) {
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    for (Line line : lines) {
      for (int i = 0; i < line.series().size(); i++) {
        double value = line.series().value(i);
        if (Double.isFinite(value) && (!log || value > 0)) {
          min = Math.min(min, value);
          max = Math.max(max, value);
        }
      }
    }
    return min <= max ? new double[] {min, max} : new double[] {log ? 0.1 : 0, 1};
  }

  private long[] steps() {
    long first = Long.MAX_VALUE;
    long last = Long.MIN_VALUE;
    for (Line line : lines) {
      if (line.series().size() > 0) {
        first = Math.min(first, line.series().step(0));
        last = Math.max(last, line.series().step(line.series().size() - 1));
      }
    }
    return first <= last ? new long[] {first, last} : new long[] {0, 1};
  }

  /** The chart, so many pixels wide and high before the page scales it. */
  String svg(double width, double height, boolean log) {
    long[] steps = steps();
    double[] range = range(log);
    Plot plot = new Plot(width, height, range[0], range[1], log, brief);
    Axis x = Axis.of(steps[0], steps[1], plot.left, plot.right);
    Axis y = plot.y;
    String geometry =
        "%s %s %s %s %s %s"
            .formatted(x.low(), x.high(), plot.left, plot.right, plot.top, plot.bottom);
    String scale = "%s %s %d".formatted(y.low(), y.high(), log ? 1 : 0);
    Markup svg = plot.open(title, "class", "chart", "data-plot", geometry, "data-y", scale);
    plot.frame(svg, x, xName);
    marks(svg, plot, x);
    for (Line line : lines) {
      int points = (int) (POINTS_OF_FAINT_PER_PIXEL * width);
      draw(svg, line, line.series().thinned(points), x, y);
    }
    return svg.end("svg").toString();
  }

  private void marks(Markup svg, Plot plot, Axis x) {
    for (Mark mark : marks) {
      if (mark.step() >= x.low() && mark.step() <= x.high()) {
        double at = x.at(mark.step());
        svg.tag("g", "class", "mark " + mark.kind());
        Plot.line(svg, at, plot.top, at, plot.bottom);
        svg.tag("circle", "cx", at, "cy", plot.top, "r", "3.5").end("circle");
        svg.leaf("title", "step " + mark.step() + ": " + mark.text()).end("g");
      }
    }
  }

  private static void draw(Markup svg, Line line, Series points, Axis x, Axis y) {
    StringBuilder path = new StringBuilder();
    Markup dots = new Markup();
    boolean drawing = false;
    int run = 0;
    for (int i = 0; i < points.size(); i++) {
      double value = points.value(i);
      if (!y.shows(value)) {
        drawing = false;
        continue;
      }
      String px = Figures.pixel(x.at(points.step(i)));
      String py = Figures.pixel(y.at(value));
      path.append(drawing ? "L" : "M").append(px).append(' ').append(py);
      run = drawing ? run + 1 : 1;
      boolean last = i + 1 == points.size() || !y.shows(points.value(i + 1));
      if (run == 1 && last) {
        // A point alone has no line.
        dots.tag("circle", "cx", px, "cy", py, "r", "3", "class", "dot c" + line.colour());
        dots.end("circle");
      }
      drawing = true;
    }
    String kind = line.faint() ? "line faint c" : "line c";
    svg.tag("path", "d", path.toString(), "class", kind + line.colour()).end("path").raw(dots);
  }

  /** The values for the pointer, as JSON that may stand in a script element. */
  String data() {
    StringBuilder json = new StringBuilder("[");
    for (Line line : lines) {
      if (line.faint()) {
        continue;
      }
      json.append(json.length() > 1 ? "," : "");
      json.append("{\"n\":").append(quoted(line.name())).append(",\"c\":").append(line.colour());
      json.append(",\"x\":[");
      for (int i = 0; i < line.series().size(); i++) {
        json.append(i == 0 ? "" : ",").append(line.series().step(i));
      }
      json.append("],\"y\":[");
      for (int i = 0; i < line.series().size(); i++) {
        double value = line.series().value(i);
        json.append(i == 0 ? "" : ",");
        json.append(
            Double.isFinite(value) ? String.valueOf((float) value) : quoted(Figures.of(value)));
      }
      json.append("]}");
    }
    return json.append(']').toString();
  }

  /** What pages with such charts need to tell values under the pointer. */
  static String script() {
    return Page.resource(LineChart.class, "report.js");
  }

  /** No script element ends within, whatever the name. */
  private static String quoted(String text) {
    StringBuilder json = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      boolean plain = c >= ' ' && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&';
      json.append(plain ? String.valueOf(c) : "\\u%04x".formatted((int) c));
    }
    return json.append('"').toString();
  }
}
