package dev.kiln.ops.report;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Cells whose strength of colour tells a number. */
final class HeatMap {
  private static final int COLUMNS = 64;
  private static final int NUMBERED = 16;

  private HeatMap() {}

  /** Counts [label][predicted]: each row as parts of its sum, right ones in another colour. */
  static String confusion(List<String> names, long[][] counts) {
    int n = names.size();
    double left = 22 + 6.6 * Math.min(12, names.stream().mapToInt(String::length).max().orElse(1));
    double cell = Math.min(34, (520 - left) / n);
    boolean crowded = n > NUMBERED;
    double top = 30;
    Markup svg = open("confusion matrix", Math.max(left + n * cell + 8, 240), top + n * cell + 30);
    svg.leaf("text", "predicted →", "x", left, "y", "12", "class", "name");
    svg.leaf("text", "true ↓", "x", "0", "y", top - 6, "class", "name");
    int labelEvery = Math.max(1, (int) Math.ceil(13 / cell));
    for (int i = 0; i < n; i++) {
      double middle = i * cell + cell / 2;
      if (i % labelEvery == 0) {
        String name = brief(names.get(i), 12);
        svg.leaf("text", name, "x", left - 6, "y", top + middle + 4, "text-anchor", "end");
        String column = brief(names.get(i), (int) Math.max(2, cell / 6.6));
        svg.leaf("text", column, "x", left + middle, "y", top - 6, "text-anchor", "middle");
      }
      row(svg, names, counts, i, left, top, cell, crowded);
    }
    return svg.end("svg").toString();
  }

  private static void row(
      Markup svg,
      List<String> names,
      long[][] counts,
      int i,
      double left,
      double top,
      double cell,
      boolean crowded) {
    long sum = Math.max(1, Arrays.stream(counts[i]).sum());
    double gap = crowded ? 0.2 : 1.5;
    for (int j = 0; j < counts[i].length; j++) {
      double part = (double) counts[i][j] / sum;
      if (crowded && counts[i][j] == 0) {
        continue;
      }
      // Few mistakes matter too: the root lifts them out of the background.
      double strength = i == j ? part : Math.sqrt(part);
      double x = left + j * cell;
      double y = top + i * cell;
      String kind = (i == j ? "right" : "wrong") + (strength > 0.55 ? " strong" : "");
      svg.tag("g", "class", kind);
      svg.tag("rect", "x", x, "y", y, "width", cell - gap, "height", cell - gap, "rx", "2");
      svg.end("rect");
      cover(svg, x, y, cell - gap, cell - gap, strength);
      if (!crowded && counts[i][j] > 0) {
        svg.leaf(
            "text",
            Figures.brief(counts[i][j]),
            "x",
            x + (cell - gap) / 2,
            "y",
            y + cell / 2 + 3.5,
            "text-anchor",
            "middle");
      }
      String told = "true %s, predicted %s: %d (%s of the row)";
      svg.leaf(
          "title", told.formatted(names.get(i), names.get(j), counts[i][j], Figures.percent(part)));
      svg.end("g");
    }
  }

  /** Norms of layers over time, by powers of ten; the layer that comes first is at the top. */
  static String layers(Map<String, Series> layers) {
    long first = Long.MAX_VALUE;
    long last = Long.MIN_VALUE;
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
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
    double row = layers.size() > 40 ? 9 : 16;
    double left = 150;
    double right = 640;
    Axis x = Axis.of(first, last, left, right);
    Axis strength = new Axis(low, Math.max(high, low * 1.001), true, 0.04, 1);
    double bottom = layers.size() * row + 4;
    Markup svg = open("gradient norm per layer", right + 12, bottom + 38);
    int index = 0;
    for (Map.Entry<String, Series> layer : layers.entrySet()) {
      double y = 4 + index++ * row;
      if (row > 10 || index % 2 == 1) {
        String name = brief(layer.getKey(), 24);
        svg.tag("text", "x", left - 6, "y", y + row / 2 + 4, "text-anchor", "end").text(name);
        svg.leaf("title", layer.getKey()).end("text");
      }
      cells(svg, layer.getKey(), layer.getValue(), x, strength, y, row);
    }
    svg.tag("g", "class", "ticks");
    for (double tick : x.ticks(6)) {
      String label = Figures.brief(tick);
      svg.leaf("text", label, "x", x.at(tick), "y", bottom + 16, "text-anchor", "middle");
    }
    svg.end("g");
    svg.leaf("text", "step", "x", right, "y", bottom + 33, "text-anchor", "end", "class", "name");
    return svg.end("svg").toString();
  }

  private static void cells(
      Markup svg, String name, Series series, Axis x, Axis strength, double y, double row) {
    // With fewer points than columns each point is a column.
    int columns = Math.min(COLUMNS, Math.max(1, series.size()));
    double wide = (x.to() - x.from()) / columns;
    for (int c = 0; c < columns; c++) {
      int from = (int) ((long) series.size() * c / columns);
      int to = (int) ((long) series.size() * (c + 1) / columns);
      double largest = 0;
      boolean strange = false;
      for (int i = from; i < to; i++) {
        strange |= !Double.isFinite(series.value(i));
        largest = Math.max(largest, Double.isFinite(series.value(i)) ? series.value(i) : 0);
      }
      double left = x.from() + c * wide;
      svg.tag("g", "class", strange ? "strange" : "heat");
      double part = strange ? 1 : largest > 0 ? strength.at(largest) : 0;
      cover(svg, left, y, wide - 0.6, row - 1.5, part);
      if (from < to) {
        String value = strange ? "not finite" : Figures.of(largest);
        svg.leaf("title", name + ", step " + series.step(to - 1) + ": " + value);
      }
      svg.end("g");
    }
  }

  private static void cover(
      Markup svg, double x, double y, double width, double height, double strength) {
    svg.tag(
        "rect",
        "x",
        x,
        "y",
        y,
        "width",
        width,
        "height",
        height,
        "rx",
        "2",
        "class",
        "cover",
        "fill-opacity",
        String.valueOf(Math.round(100 * strength) / 100.0));
    svg.end("rect");
  }

  private static Markup open(String label, double width, double height) {
    String box = "0 0 " + Figures.pixel(width) + " " + Figures.pixel(height);
    return new Markup()
        .tag("svg", "viewBox", box, "role", "img", "aria-label", label, "class", "map");
  }

  static String brief(String text, int length) {
    return text.length() <= length ? text : text.substring(0, Math.max(1, length - 1)) + "…";
  }
}
