package dev.kiln.ops.report;

import dev.kiln.ops.page.Axis;
import dev.kiln.ops.page.Figures;
import dev.kiln.ops.page.Markup;
import dev.kiln.ops.page.Plot;
import java.util.Arrays;

/** Points of two numbers each, and histograms: what tells how a regression does. */
final class DotChart {
  private static final int POINTS = 1200;

  private DotChart() {}

  /**
   * Points (x, y); those that are not finite are left out, and of very many every so-manieth is
   * shown.
   *
   * @param diagonal draws where both are equal, over equal ranges; otherwise draws where y is 0
   */
  static String dots(String title, float[] x, float[] y, String xName, boolean diagonal) {
    float[] xRange = range(x);
    float[] yRange = range(y);
    if (diagonal) {
      xRange = new float[] {Math.min(xRange[0], yRange[0]), Math.max(xRange[1], yRange[1])};
      yRange = xRange;
    }
    Plot plot = new Plot(420, 300, yRange[0], yRange[1], false, true);
    Axis across = Axis.around(xRange[0], xRange[1], false, plot.left, plot.right);
    Axis up = plot.y;
    Markup svg = plot.open(title, "class", "dots");
    plot.frame(svg, across, xName);
    svg.tag("g", "class", "reference");
    if (diagonal) {
      double low = Math.max(across.low(), up.low());
      double high = Math.min(across.high(), up.high());
      Plot.line(svg, across.at(low), up.at(low), across.at(high), up.at(high));
    } else if (up.low() < 0 && up.high() > 0) {
      Plot.line(svg, plot.left, up.at(0), plot.right, up.at(0));
    }
    svg.end("g").tag("g", "class", "points");
    int every = Math.max(1, Math.ceilDiv(x.length, POINTS));
    for (int i = 0; i < x.length; i += every) {
      if (Float.isFinite(x[i]) && Float.isFinite(y[i])) {
        svg.tag("circle", "cx", across.at(x[i]), "cy", up.at(y[i]), "r", "2.6");
        svg.leaf("title", Figures.of(x[i]) + ", " + Figures.of(y[i])).end("circle");
      }
    }
    return svg.end("g").end("svg").toString();
  }

  /** How values are distributed, in Sturges's number of buckets or twice as many. */
  static String histogram(String title, float[] values, String xName) {
    Histogram histogram = Histogram.of(values, 2 * Histogram.buckets(values.length));
    double most = Arrays.stream(histogram.counts()).max().orElse(0);
    Plot plot = new Plot(420, 300, 0, Math.max(1, most), false, true);
    Axis across = Axis.around(histogram.min(), histogram.max(), false, plot.left, plot.right);
    Axis up = plot.y;
    Markup svg = plot.open(title, "class", "bars");
    plot.frame(svg, across, xName);
    svg.tag("g", "class", "columns");
    for (int i = 0; i < histogram.counts().length; i++) {
      double from = across.at(histogram.edge(i));
      double wide = Math.max(6, across.at(histogram.edge(i + 1)) - from) - 1.5;
      double high = up.at(histogram.counts()[i]);
      svg.tag("rect", "x", from, "y", high, "width", wide, "height", plot.bottom - high, "rx", "1");
      String range = Figures.of(histogram.edge(i)) + " … " + Figures.of(histogram.edge(i + 1));
      svg.leaf("title", range + ": " + histogram.counts()[i]).end("rect");
    }
    return svg.end("g").end("svg").toString();
  }

  private static float[] range(float[] values) {
    float min = Float.POSITIVE_INFINITY;
    float max = Float.NEGATIVE_INFINITY;
    for (float value : values) {
      if (Float.isFinite(value)) {
        min = Math.min(min, value);
        max = Math.max(max, value);
      }
    }
    return min <= max ? new float[] {min, max} : new float[] {0, 1};
  }
}
