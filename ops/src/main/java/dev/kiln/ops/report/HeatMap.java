package dev.kiln.ops.report;

import dev.kiln.ops.page.Figures;
import dev.kiln.ops.page.Markup;

/** What pictures of cells have in common, whose strength of colour tells a number. */
final class HeatMap {
  private static final double GROWTH = 1.2;

  private HeatMap() {}

  /** Opens the picture, which grows little beyond its size, so that its text stays text. */
  static Markup open(String label, double width, double height) {
    String box = "0 0 " + Figures.pixel(width) + " " + Figures.pixel(height);
    String size = "max-width:" + Figures.pixel(width * GROWTH) + "px";
    return new Markup()
        .tag(
            "svg",
            "viewBox",
            box,
            "role",
            "img",
            "aria-label",
            label,
            "class",
            "map",
            "style",
            size);
  }

  /** A cell with its colour, and what is told where the pointer rests. */
  static void cell(
      Markup svg,
      String kind,
      double x,
      double y,
      double width,
      double height,
      double strength,
      String told) {
    String opacity = String.valueOf(Math.round(100 * strength) / 100.0);
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
        "class",
        kind,
        "fill-opacity",
        opacity);
    svg.leaf("title", told).end("rect");
  }

  static String brief(String text, int length) {
    return text.length() <= length ? text : text.substring(0, Math.max(1, length - 1)) + "…";
  }
}
