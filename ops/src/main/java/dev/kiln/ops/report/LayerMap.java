package dev.kiln.ops.report;

import dev.kiln.ops.page.Axis;
import dev.kiln.ops.page.Figures;
import dev.kiln.ops.page.Markup;
import java.util.Map;

/**
 * Norms of layers over the steps, by powers of ten. The layer that comes first is at the top; of
 * the steps of one cell the largest norm counts.
 */
final class LayerMap {
  private static final int COLUMNS = 64;
  private static final int LEAST_COLUMNS = 16;
  private static final int CELLS = 4000;
  private static final int LETTERS = 24;
  private static final double NAMES = 150;
  private static final double TICK_PIXELS = 62;

  private final Map<String, Series> layers;
  private final double row;
  private final int columns;
  private final Axis x;
  private final Axis strength;
  private final Markup svg;

  private LayerMap(Map<String, Series> layers, double width) {
    this.layers = layers;
    row = layers.size() > 40 ? 9 : 17;
    columns = Math.clamp(CELLS / layers.size(), LEAST_COLUMNS, COLUMNS);
    long first = Long.MAX_VALUE;
    long last = Long.MIN_VALUE;
    double low = Double.POSITIVE_INFINITY;
    double high = Double.MIN_NORMAL;
    for (Series series : layers.values()) {
      for (int i = 0; i < series.size(); i++) {
        first = Math.min(first, series.step(i));
        last = Math.max(last, series.step(i));
        if (Double.isFinite(series.value(i)) && series.value(i) > 0) {
          low = Math.min(low, series.value(i));
          high = Math.max(high, series.value(i));
        }
      }
    }
    x = Axis.of(first, last, NAMES, width - 12);
    // The smallest is still seen against the background.
    strength = new Axis(Math.min(low, high), high * 1.001, true, 0.05, 1);
    svg = HeatMap.open("gradient norm per layer", width, layers.size() * row + 42);
  }

  /** The map, so many pixels wide before the page scales it. */
  static String of(Map<String, Series> layers, double width) {
    return new LayerMap(layers, width).draw();
  }

  private String draw() {
    int index = 0;
    for (Map.Entry<String, Series> layer : layers.entrySet()) {
      double y = 4 + index * row;
      if (row > 10 || index % 2 == 0) {
        String name = HeatMap.brief(layer.getKey(), LETTERS);
        svg.tag("text", "x", NAMES - 6, "y", y + row / 2 + 4, "text-anchor", "end").text(name);
        svg.leaf("title", layer.getKey()).end("text");
      }
      cells(layer.getKey(), layer.getValue(), y);
      index++;
    }
    double bottom = 4 + layers.size() * row;
    for (double tick : x.ticks((int) ((x.to() - x.from()) / TICK_PIXELS))) {
      String label = Figures.brief(tick);
      svg.leaf("text", label, "x", x.at(tick), "y", bottom + 16, "text-anchor", "middle");
    }
    svg.leaf("text", "step", "x", x.to(), "y", bottom + 33, "text-anchor", "end", "class", "name");
    return svg.end("svg").toString();
  }

  private void cells(String name, Series series, double y) {
    // With fewer points than columns each point is a column.
    int cells = Math.min(columns, Math.max(1, series.size()));
    double wide = (x.to() - x.from()) / cells;
    for (int c = 0; c < cells; c++) {
      int from = (int) ((long) series.size() * c / cells);
      int to = (int) ((long) series.size() * (c + 1) / cells);
      double largest = 0;
      boolean strange = false;
      for (int i = from; i < to; i++) {
        strange |= !Double.isFinite(series.value(i));
        largest = Math.max(largest, Double.isFinite(series.value(i)) ? series.value(i) : 0);
      }
      double part = strange ? 1 : largest > 0 ? strength.at(largest) : 0;
      String value = strange ? "not finite" : Figures.of(largest);
      String told = from < to ? name + ", step " + series.step(to - 1) + ": " + value : name;
      String kind = strange ? "strange" : "heat";
      HeatMap.cell(svg, kind, x.from() + c * wide, y, wide - 0.6, row - 1.5, part, told);
    }
  }
}
