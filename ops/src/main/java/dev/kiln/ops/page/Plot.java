package dev.kiln.ops.page;

import java.util.Arrays;
import java.util.List;

/** The frame of a chart in SVG: axes with ticks, labels and grid lines. */
public final class Plot {
  private static final double TICK_PIXELS_X = 76;
  private static final double TICK_PIXELS_Y = 34;
  private static final double MARGIN_LEFT = 34;
  private static final double MARGIN_RIGHT = 14;
  private static final double MARGIN_TOP = 12;
  private static final double MARGIN_BOTTOM = 40;
  private static final double DIGIT = 6.9;

  public final double width;
  public final double height;
  public final double right;
  public final double top = MARGIN_TOP;
  public final double bottom;
  public final Axis y;
  public final double left;
  private final boolean briefY;

  /**
   * A frame around values, so many pixels wide and high, with room for its numbers.
   *
   * @param briefY whether numbers at the left may end in k, M, G
   */
  public Plot(double width, double height, double min, double max, boolean log, boolean briefY) {
    this.width = width;
    this.height = height;
    this.briefY = briefY;
    right = width - MARGIN_RIGHT;
    bottom = height - MARGIN_BOTTOM;
    y = Axis.around(min, max, log, bottom, top);
    int longest = yTicks().stream().map(this::label).mapToInt(String::length).max().orElse(1);
    left = Math.max(MARGIN_LEFT, 12 + DIGIT * longest);
  }

  private List<Double> yTicks() {
    return y.ticks((int) Math.max(2, (bottom - top) / TICK_PIXELS_Y));
  }

  private String label(double tick) {
    return briefY ? Figures.brief(tick) : Figures.of(tick, 3);
  }

  /** Opens the picture. */
  public Markup open(String label, Object... attributes) {
    Object[] own = {
      "xmlns",
      "http://www.w3.org/2000/svg",
      "viewBox",
      "0 0 " + Figures.pixel(width) + " " + Figures.pixel(height),
      "role",
      "img",
      "aria-label",
      label
    };
    Object[] all = Arrays.copyOf(own, own.length + attributes.length);
    System.arraycopy(attributes, 0, all, own.length, attributes.length);
    return new Markup().tag("svg", all);
  }

  /** Grid lines, numbers and names of both axes. */
  public void frame(Markup svg, Axis x, String xName) {
    svg.tag("g", "class", "rules");
    for (double tick : yTicks()) {
      line(svg, left, y.at(tick), right, y.at(tick));
    }
    svg.end("g");
    svg.tag("g", "class", "ticks");
    for (double tick : yTicks()) {
      svg.leaf("text", label(tick), "x", left - 8, "y", y.at(tick) + 4, "text-anchor", "end");
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

  public static void line(Markup svg, double x1, double y1, double x2, double y2) {
    svg.tag("line", "x1", x1, "y1", y1, "x2", x2, "y2", y2).end("line");
  }
}
