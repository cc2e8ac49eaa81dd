package dev.kiln.ops.profile.page;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.page.Axis;
import dev.kiln.ops.page.Figures;
import dev.kiln.ops.page.Markup;
import dev.kiln.ops.page.Plot;
import dev.kiln.ops.profile.DeviceRoofline;
import dev.kiln.ops.profile.OperationCase;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Calls under the roofs of a device, both axes by powers of ten: operations for each byte to the
 * right, operations a second upwards. After S. Williams, A. Waterman, D. Patterson, "Roofline: an
 * insightful visual performance model for multicore architectures", CACM 52(4), 2009.
 */
final class RooflinePlot {
  /** More names than that would hide each other. */
  private static final int NAMED_POINTS = 12;

  private static final double LETTER = 6.4;
  private static final double LINE = 13;

  /** Room left and right of the outermost points and corners, as a factor. */
  private static final double MARGIN = 3;

  private final String title;
  private final DeviceRoofline roofline;
  private final List<Point> points;

  /**
   * A call.
   *
   * @param intensity operations for each byte, above 0
   * @param rate operations a second, above 0
   */
  record Point(OperationCase ofCase, double intensity, double rate) {}

  /** A horizontal roof. */
  private record Peak(String name, double rate) {}

  RooflinePlot(String title, DeviceRoofline roofline, List<Point> points) {
    this.title = title;
    this.roofline = roofline;
    this.points = points;
  }

  String svg(double width, double height) {
    List<Peak> peaks = peaks();
    double highest = peaks.stream().mapToDouble(Peak::rate).max().orElse(1);
    double corner = highest / roofline.memoryBandwidth();
    double low = corner;
    double least = highest;
    double high = corner;
    for (Point point : points) {
      low = Math.min(low, point.intensity());
      high = Math.max(high, point.intensity());
      least = Math.min(least, point.rate());
      highest = Math.max(highest, point.rate());
    }
    low = Math.min(low / MARGIN, corner / 100);
    double lowestRoof = low * roofline.memoryBandwidth();
    Plot plot =
        new Plot(width, height, Math.min(least / MARGIN, lowestRoof), highest * 2, true, true);
    Axis x = new Axis(low, high * MARGIN, true, plot.left, plot.right);
    Markup svg = plot.open("roofline of " + title, "class", "roofline");
    plot.frame(svg, x, "floating-point operations for each byte");
    svg.leaf("text", "FLOP/s", "x", plot.left + 6, "y", plot.top + 4, "class", "name");
    roofs(svg, plot, x, peaks);
    points(svg, plot, x);
    return svg.end("svg").toString();
  }

  /** Equal ones as one. */
  private List<Peak> peaks() {
    Map<Double, List<String>> ordinary = names(roofline.flops());
    Map<Double, List<String>> products = names(roofline.productFlops());
    Set<Double> rates = new TreeSet<>(ordinary.keySet());
    rates.addAll(products.keySet());
    return rates.stream()
        .map(
            rate ->
                new Peak(
                    name(
                        ordinary.getOrDefault(rate, List.of()),
                        products.getOrDefault(rate, List.of())),
                    rate))
        .toList();
  }

  private static Map<Double, List<String>> names(Map<DType, Double> peaks) {
    Map<Double, List<String>> names = new TreeMap<>();
    peaks.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(
            peak ->
                names
                    .computeIfAbsent(peak.getValue(), _ -> new ArrayList<>())
                    .add(peak.getKey().shortName()));
    return names;
  }

  private String name(List<String> ordinary, List<String> products) {
    if (products.size() == roofline.productFlops().size() && products.equals(ordinary)) {
      return "all arithmetic";
    }
    List<String> parts = new ArrayList<>();
    if (!ordinary.isEmpty()) {
      boolean all = ordinary.size() == roofline.flops().size();
      parts.add(all ? "ordinary arithmetic" : String.join(", ", ordinary));
    }
    if (!products.isEmpty()) {
      parts.add("products in " + String.join(", ", products));
    }
    return String.join("; ", parts);
  }

  private void roofs(Markup svg, Plot plot, Axis x, List<Peak> peaks) {
    double top = peaks.stream().mapToDouble(Peak::rate).max().orElse(1);
    double memory = roofline.memoryBandwidth();
    svg.tag("g", "class", "roofs");
    double fastest =
        roofline.bandwidths().stream()
            .mapToDouble(DeviceRoofline.Bandwidth::perSecond)
            .max()
            .orElse(memory);
    if (fastest > memory * 1.05) {
      slope(svg, plot, x, fastest, top, "caches", "cache");
    }
    slope(svg, plot, x, memory, top, "memory", "memory");
    for (Peak peak : peaks) {
      double from = Math.max(x.low(), peak.rate() / fastest);
      Plot.line(svg, x.at(from), plot.y.at(peak.rate()), plot.right, plot.y.at(peak.rate()));
      String name = peak.name() + ": " + rate(peak.rate(), "FLOP/s");
      svg.leaf(
          "text", name, "x", plot.right - 4, "y", plot.y.at(peak.rate()) - 5, "text-anchor", "end");
    }
    svg.end("g");
  }

  private void slope(
      Markup svg, Plot plot, Axis x, double bandwidth, double top, String name, String kind) {
    double from = Math.max(x.low(), plot.y.low() / bandwidth);
    double to = Math.min(x.high(), top / bandwidth);
    double x1 = x.at(from);
    double y1 = plot.y.at(from * bandwidth);
    double x2 = x.at(to);
    double y2 = plot.y.at(to * bandwidth);
    svg.tag("g", "class", kind);
    Plot.line(svg, x1, y1, x2, y2);
    double angle = Math.toDegrees(Math.atan2(y2 - y1, x2 - x1));
    // The names of ceilings stand above them, that of memory below its slope: they do not meet.
    double down = kind.equals("memory") ? 15 : -6;
    String place =
        "translate(%s %s) rotate(%s)"
            .formatted(
                Figures.pixel(x1 + (x2 - x1) * 0.08),
                Figures.pixel(y1 + (y2 - y1) * 0.08 + down),
                Figures.pixel(angle));
    svg.leaf("text", name + ": " + rate(bandwidth, "B/s"), "transform", place);
    svg.end("g");
  }

  private void points(Markup svg, Plot plot, Axis x) {
    List<double[]> taken = new ArrayList<>();
    Markup names = new Markup();
    svg.tag("g", "class", "calls");
    for (Point point : points) {
      double px = x.at(point.intensity());
      double py = plot.y.at(point.rate());
      svg.tag(
          "circle",
          "cx",
          px,
          "cy",
          py,
          "r",
          "5",
          "class",
          "dot c" + colour(point.ofCase().dtype()));
      svg.leaf("title", told(point)).end("circle");
      taken.add(new double[] {px - 6, py - 6, px + 6, py + 6});
    }
    svg.end("g");
    if (points.size() <= NAMED_POINTS) {
      points.forEach(point -> name(names, taken, plot, x, point));
    }
    svg.tag("g", "class", "call-names").raw(names).end("g");
  }

  /** To the right, else to the left, below or above; not at all where others are. */
  private static void name(Markup names, List<double[]> taken, Plot plot, Axis x, Point point) {
    String text = point.ofCase().toString();
    double px = x.at(point.intensity());
    double py = plot.y.at(point.rate());
    double width = LETTER * text.length();
    double[][] places = {
      {px + 9, py + 4},
      {px - 9 - width, py + 4},
      {px - width / 2, py + 20},
      {px - width / 2, py - 11}
    };
    for (double[] place : places) {
      double[] box = {place[0], place[1] - LINE + 3, place[0] + width, place[1] + 3};
      boolean inside = box[0] > plot.left && box[2] < plot.right && box[3] < plot.bottom;
      if (inside && taken.stream().noneMatch(other -> meet(box, other))) {
        names.leaf("text", text, "x", place[0], "y", place[1]);
        taken.add(box);
        return;
      }
    }
  }

  private static boolean meet(double[] one, double[] other) {
    return one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3];
  }

  private String told(Point point) {
    return "%s: %s, %s FLOP/B"
        .formatted(point.ofCase(), rate(point.rate(), "FLOP/s"), Figures.of(point.intensity(), 3));
  }

  /** {@code 2.04 TB/s}. */
  private static String rate(double perSecond, String unit) {
    return Figures.brief(perSecond).replaceAll("([0-9])([kMGTP]?)$", "$1 $2") + unit;
  }

  /** Of a dtype. */
  static int colour(DType dtype) {
    return switch (dtype) {
      case FP32 -> 1;
      case FP16 -> 2;
      default -> 0;
    };
  }
}
