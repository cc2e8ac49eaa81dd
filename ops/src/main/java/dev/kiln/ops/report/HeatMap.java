package dev.kiln.ops.report;

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

  /** Covers a cell with its colour. */
  static void cover(Markup svg, double x, double y, double width, double height, double strength) {
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
        "rx",
        "2",
        "class",
        "cover",
        "fill-opacity",
        opacity);
    svg.end("rect");
  }

  static String brief(String text, int length) {
    return text.length() <= length ? text : text.substring(0, Math.max(1, length - 1)) + "…";
  }
}
