package dev.kiln.ops.report;

import dev.kiln.ops.page.Figures;
import dev.kiln.ops.page.Markup;
import java.util.Arrays;

/** Counts [label][predicted]: each row as parts of its sum, right ones in another colour. */
final class ConfusionMap {
  private static final double WIDTH = 520;
  private static final double LARGEST_CELL = 34;
  private static final double LETTER = 6.6;
  private static final int LETTERS = 12;
  private static final int NUMBERED = 16;
  private static final double TOP = 40;
  private static final double STRONG = 0.55;

  private final RunLog.Confusion confusion;
  private final boolean numbered;
  private final double left;
  private final double cell;
  private final Markup svg;

  private ConfusionMap(RunLog.Confusion confusion) {
    this.confusion = confusion;
    int n = confusion.names().size();
    int longest = confusion.names().stream().mapToInt(String::length).max().orElse(1);
    numbered = n <= NUMBERED;
    left = 10 + LETTER * Math.min(LETTERS, longest);
    cell = Math.min(LARGEST_CELL, (WIDTH - left) / n);
    svg = HeatMap.open("confusion matrix", Math.max(left + n * cell, 240), TOP + n * cell + 4);
  }

  static String of(RunLog.Confusion confusion) {
    return new ConfusionMap(confusion).draw();
  }

  private String draw() {
    svg.leaf("text", "rows true, columns predicted", "x", "0", "y", "11", "class", "name");
    int every = Math.max(1, (int) Math.ceil(13 / cell));
    for (int i = 0; i < confusion.names().size(); i++) {
      if (i % every == 0) {
        names(i, every);
      }
      for (int j = 0; j < confusion.names().size(); j++) {
        cell(i, j);
      }
    }
    return svg.end("svg").toString();
  }

  private void names(int i, int every) {
    double middle = i * cell + cell / 2;
    String name = confusion.names().get(i);
    String row = HeatMap.brief(name, LETTERS);
    svg.leaf("text", row, "x", left - 6, "y", TOP + middle + 4, "text-anchor", "end");
    String column = HeatMap.brief(name, (int) Math.max(2, every * cell / LETTER));
    svg.leaf("text", column, "x", left + middle, "y", TOP - 7, "text-anchor", "middle");
  }

  private void cell(int i, int j) {
    long count = confusion.counts()[i][j];
    if (!numbered && count == 0) {
      return;
    }
    double part = (double) count / Math.max(1, Arrays.stream(confusion.counts()[i]).sum());
    // Few mistakes matter too: the root lifts them out of the background.
    double strength = i == j ? part : Math.sqrt(part);
    double x = left + j * cell;
    double y = TOP + i * cell;
    double size = numbered ? cell - 1.5 : cell;
    if (numbered) {
      svg.tag("rect", "x", x, "y", y, "width", size, "height", size, "class", "back");
      svg.end("rect");
    }
    String from = confusion.names().get(i);
    String to = confusion.names().get(j);
    String told =
        "true %s, predicted %s: %d (%s of the row)"
            .formatted(from, to, count, Figures.percent(part));
    HeatMap.cell(svg, i == j ? "right" : "wrong", x, y, size, size, strength, told);
    if (numbered && count > 0) {
      svg.leaf(
          "text",
          Figures.brief(count),
          "x",
          x + size / 2,
          "y",
          y + size / 2 + 4,
          "text-anchor",
          "middle",
          "class",
          strength > STRONG ? "count strong" : "count");
    }
  }
}
