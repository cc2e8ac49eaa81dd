package dev.kiln.ops.report;

import dev.kiln.ops.page.Figures;
import dev.kiln.ops.page.Markup;
import dev.kiln.ops.report.RunLog.NoteKind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The charts of curves: one for each group of names. */
final class CurvePanels {
  private static final int COLOURS = 6;
  private static final int POINTS_TO_SMOOTH = 120;
  private static final int MARKS = 60;

  private record Group(String name, Map<String, Series> parts) {}

  private CurvePanels() {}

  /** The loss, wide; empty without one. */
  static String loss(RunLog log) {
    Markup html = new Markup();
    for (Group group : groups(log)) {
      if (group.name.equals("loss")) {
        LineChart chart = chart(log, group);
        if (!chart.isEmpty()) {
          html.raw(wide(chart, group));
        }
      }
    }
    return html.toString();
  }

  /** All other curves, those with a place of their own first. */
  static String others(RunLog log) {
    Markup html = new Markup();
    groups(log).stream()
        .filter(group -> !group.name.equals("loss"))
        .sorted(Comparator.comparingInt(group -> place(group.name)))
        .forEach(
            group -> {
              LineChart chart = chart(log, group);
              if (!chart.isEmpty()) {
                html.raw(small(chart, group));
              }
            });
    return html.toString();
  }

  private static List<Group> groups(RunLog log) {
    Map<String, Group> groups = new LinkedHashMap<>();
    log.curves()
        .forEach(
            (name, series) -> {
              int slash = name.indexOf('/');
              String group = slash < 0 ? name : name.substring(0, slash);
              String part = slash < 0 ? "" : name.substring(slash + 1);
              groups
                  .computeIfAbsent(group, _ -> new Group(group, new LinkedHashMap<>()))
                  .parts
                  .put(part, series);
            });
    return new ArrayList<>(groups.values());
  }

  private static int place(String group) {
    return switch (group) {
      case Curves.RATE -> 1;
      case Curves.GRADIENT_NORM -> 2;
      case Curves.LOSS_SCALE -> 3;
      case Curves.THROUGHPUT -> 4;
      case Curves.UTILISATION -> 5;
      default -> 0;
    };
  }

  private static LineChart chart(RunLog log, Group group) {
    boolean brief = place(group.name) >= 3;
    LineChart chart = new LineChart(group.name, "step", brief);
    int next = 2;
    for (Map.Entry<String, Series> part : group.parts.entrySet()) {
      int colour =
          switch (part.getKey()) {
            case "", "train" -> 0;
            case "validation" -> 1;
            default -> next++ % COLOURS;
          };
      Series series = part.getValue();
      boolean steps = group.name.equals(Curves.RATE) || group.name.equals(Curves.LOSS_SCALE);
      boolean smooth = !steps && series.size() > POINTS_TO_SMOOTH;
      String name = part.getKey().isEmpty() ? group.name : part.getKey();
      chart.add(name, colour, series, smooth ? series.size() / 40.0 : 1);
    }
    log.notes().stream()
        .filter(note -> note.kind() != NoteKind.INFO)
        .limit(MARKS)
        .forEach(note -> chart.mark(note.step(), note.text(), kind(note.kind())));
    return chart;
  }

  static String kind(NoteKind kind) {
    return kind.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Once for wide windows and once for narrow ones, and by powers of ten where that can be. */
  private static String wide(LineChart chart, Group group) {
    Markup html = new Markup().tag("figure", "class", "card wide");
    boolean both = chart.allowsLog();
    if (both) {
      html.raw("<input type=\"radio\" name=\"scale\" id=\"scale-linear\"")
          .raw(chart.wantsLog() ? ">" : " checked>")
          .raw("<input type=\"radio\" name=\"scale\" id=\"scale-log\"")
          .raw(chart.wantsLog() ? " checked>" : ">");
    }
    caption(html, chart, group);
    if (both) {
      html.raw("<div class=\"switch\"><label for=\"scale-linear\">linear</label>")
          .raw("<label for=\"scale-log\">log</label></div>");
    }
    html.raw("<div class=\"on-linear\">").raw(twice(chart, false)).raw("</div>");
    if (both) {
      html.raw("<div class=\"on-log\">").raw(twice(chart, true)).raw("</div>");
    }
    return html.raw(data(chart)).end("figure").toString();
  }

  private static String twice(LineChart chart, boolean log) {
    return "<div class=\"on-wide\">"
        + chart.svg(1000, 320, log)
        + "</div><div class=\"on-narrow\">"
        + chart.svg(420, 300, log)
        + "</div>";
  }

  private static String small(LineChart chart, Group group) {
    Markup html = new Markup().tag("figure", "class", "card");
    caption(html, chart, group);
    boolean log = group.name.equals(Curves.GRADIENT_NORM) || group.name.equals(Curves.LOSS_SCALE);
    html.raw(chart.svg(420, 250, log && chart.wantsLog()));
    return html.raw(data(chart)).end("figure").toString();
  }

  private static void caption(Markup html, LineChart chart, Group group) {
    html.tag("figcaption").leaf("h3", title(group.name)).tag("ul", "class", "legend");
    int strange = 0;
    for (LineChart.Line line : chart.lines()) {
      if (!line.faint()) {
        String last = Figures.of(line.series().last());
        html.tag("li", "class", "key c" + line.colour())
            .text((group.parts.containsKey("") ? "last" : line.name()) + " ");
        html.leaf("b", last).end("li");
      }
    }
    for (Series series : group.parts.values()) {
      for (int i = 0; i < series.size(); i++) {
        strange += Double.isFinite(series.value(i)) ? 0 : 1;
      }
    }
    if (chart.lines().stream().anyMatch(LineChart.Line::faint)) {
      html.leaf("li", "smoothed");
    }
    if (strange > 0) {
      html.leaf("li", strange + " not finite", "class", "strange");
    }
    html.end("ul").end("figcaption");
  }

  private static String title(String name) {
    return name.isEmpty()
        ? name
        : name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
  }

  private static String data(LineChart chart) {
    return "<script type=\"application/json\">" + chart.data() + "</script>";
  }
}
