package dev.kiln.ops.report;

/** The frame of a chart in SVG: axes with ticks, labels and grid lines. */
final class Plot {
  private static final double TICK_PIXELS_X = 76;
  private static final double TICK_PIXELS_Y = 44;
  private static final double MARGIN_LEFT = 52;
  private static final double MARGIN_RIGHT = 14;
  private static final double MARGIN_TOP = 12;
  private static final double MARGIN_BOTTOM = 40;

  final double width;
  final double height;
  final double left = MARGIN_LEFT;
  final double right;
  final double top = MARGIN_TOP;
  final double bottom;

  Plot(double width, double height) {
    this.width = width;
    this.height = height;
    this.right = width - MARGIN_RIGHT;
    this.bottom = height - MARGIN_BOTTOM;
  }

  /** Opens the picture. */
  Markup open(String label, Object... attributes) {
    Object[] all = new Object[attributes.length + 6];
    Object[] own = {
      "viewBox",
      "0 0 " + Figures.pixel(width) + " " + Figures.pixel(height),
      "role",
      "img",
      "aria-label",
      label
    };
    System.arraycopy(own, 0, all, 0, own.length);
    System.arraycopy(attributes, 0, all, own.length, attributes.length);
    return new Markup().tag("svg", all);
  }

  /** Grid lines, numbers and names of both axes. */
  void frame(Markup svg, Axis x, Axis y, String xName, boolean briefY) {
    svg.tag("g", "class", "rules");
    for (double tick : y.ticks((int) Math.max(2, (bottom - top) / TICK_PIXELS_Y))) {
      line(svg, left, y.at(tick), right, y.at(tick));
    }
    svg.end("g");
    svg.tag("g", "class", "ticks");
    for (double tick : y.ticks((int) Math.max(2, (bottom - top) / TICK_PIXELS_Y))) {
      String label = briefY ? Figures.brief(tick) : Figures.of(tick, 3);
      svg.leaf("text", label, "x", left - 8, "y", y.at(tick) + 4, "text-anchor", "end");
    }
    for (double tick : x.ticks((int) Math.max(2, (right - left) / TICK_PIXELS_X))) {
      line(svg, x.at(tick), bottom, x.at(tick), bottom + 4);
      svg.leaf(
          "text", Figures.brief(tick), "x", x.at(tick), "y", bottom + 17, "text-anchor", "middle");
    }
    svg.end("g");
    svg.tag("g", "class", "axis");
    line(svg, left, bottom, right, bottom);
    svg.leaf("text", xName, "x", right, "y", height - 5, "text-anchor", "end", "class", "name");
    svg.end("g");
  }

  static void line(Markup svg, double x1, double y1, double x2, double y2) {
    svg.tag("line", "x1", x1, "y1", y1, "x2", x2, "y2", y2).end("line");
  }
}
