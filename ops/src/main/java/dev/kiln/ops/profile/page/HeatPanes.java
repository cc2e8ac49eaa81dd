package dev.kiln.ops.profile.page;

import dev.kiln.ops.page.Figures;
import dev.kiln.ops.page.Markup;
import dev.kiln.runtime.sim.exec.Site.SourcePlace;
import dev.kiln.runtime.sim.monitor.count.Measure;
import dev.kiln.runtime.sim.monitor.count.Measures;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The source beside the PTX beside what each line did. A number's ground is the stronger, the
 * larger its share. A line of the source leads to the PTX made from it.
 */
final class HeatPanes {
  /** Shares below are not told beside numbers. */
  private static final double TOLD_SHARE = 0.001;

  private final KernelHeat kernel;
  private final int number;
  private final List<Heat> heats;
  private final List<String> files;
  private final Markup out = new Markup();

  private HeatPanes(KernelHeat kernel, int number) {
    this.kernel = kernel;
    this.number = number;
    this.heats = kernel.heats();
    Set<String> named = new TreeSet<>();
    kernel.source().keySet().forEach(place -> named.add(place.file()));
    this.files = List.copyOf(named);
  }

  static String html(KernelHeat kernel, int number) {
    HeatPanes panes = new HeatPanes(kernel, number);
    panes.out.raw("<div class=\"panes\">");
    panes.source();
    panes.ptx();
    return panes.out.raw("</div>").toString();
  }

  private void open(String kind, String name, String line) {
    out.tag("div", "class", "pane " + kind).raw("<table><thead><tr>").leaf("th", line);
    heats.forEach(heat -> out.leaf("th", heat.title(), "title", heat.about()));
    out.leaf("th", name, "class", "code").raw("</tr></thead><tbody>");
  }

  private void close() {
    out.raw("</tbody></table></div>");
  }

  // Source

  private void source() {
    open("source", "source", "line");
    for (int i = 0; i < files.size(); i++) {
      file(i);
    }
    if (heats.stream().anyMatch(heat -> heat.of(kernel.unplaced()) != 0)) {
      gap("without a line of the source");
      out.raw("<tr><td></td>");
      numbers(kernel.unplaced());
      out.raw("<td class=\"code\"></td></tr>");
    }
    close();
  }

  private void gap(String text) {
    out.raw("<tr class=\"gap\">").leaf("td", text, "colspan", heats.size() + 2).raw("</tr>");
  }

  private void file(int index) {
    String file = files.get(index);
    Map<Integer, Measures> measures = new TreeMap<>();
    kernel
        .source()
        .forEach(
            (place, sum) -> {
              if (place.file().equals(file)) {
                measures.put(place.line(), sum);
              }
            });
    gap(file);
    String text = kernel.first().sources().getOrDefault(file, "");
    List<String> lines = text.lines().toList();
    int before = 0;
    for (int line : SourceExcerpt.of(lines, measures.keySet())) {
      if (line > before + 1 && before > 0) {
        gap("⋯");
      }
      sourceLine(index, line, line <= lines.size() ? lines.get(line - 1) : "", measures);
      before = line;
    }
  }

  private void sourceLine(int file, int line, String text, Map<Integer, Measures> measures) {
    Measures sum = measures.get(line);
    if (sum == null) {
      out.raw("<tr>").leaf("td", Integer.toString(line));
      blank();
    } else {
      out.tag("tr", "data-s", file + ":" + line).raw("<td>");
      out.leaf("a", Integer.toString(line), "href", "#" + target(file, line)).raw("</td>");
      numbers(sum);
    }
    out.leaf("td", text, "class", "code").raw("</tr>");
  }

  private String target(int file, int line) {
    return "k%d-%d-%d".formatted(number, file, line);
  }

  private void blank() {
    out.tag("td", "colspan", heats.size()).end("td");
  }

  /** The root of a share, so that small ones can be told apart. */
  private void numbers(Measures line) {
    for (Heat heat : heats) {
      long value = heat.of(line);
      if (value == 0) {
        out.raw("<td></td>");
        continue;
      }
      double share = kernel.share(heat, line);
      String strength = "--h:" + Math.round(100 * Math.sqrt(share));
      String told = (share < TOLD_SHARE ? "" : Figures.percent(share)) + ofIdeal(heat, line);
      if (told.isEmpty()) {
        out.tag("td", "style", strength);
      } else {
        out.tag("td", "style", strength, "title", told);
      }
      out.text(Cells.grouped(value)).end("td");
    }
  }

  /** Told of lines whose lanes are far from each other. */
  private static String ofIdeal(Heat heat, Measures line) {
    long sectors = line.get(Measure.GLOBAL_SECTORS);
    long ideal = line.get(Measure.GLOBAL_IDEAL_SECTORS);
    return heat == Heat.SECTORS && sectors > ideal && ideal > 0
        ? ", × %s of ideal".formatted(Figures.of((double) sectors / ideal, 3))
        : "";
  }

  // PTX

  /** Without {@code .loc}, which the numbers beside the lines tell. */
  private void ptx() {
    open("ptx", "PTX", "source");
    Set<SourcePlace> seen = new HashSet<>();
    List<String> lines = kernel.first().ptx().lines().toList();
    for (int i : body(lines)) {
      String text = lines.get(i);
      if (text.strip().startsWith(".loc ")) {
        continue;
      }
      ptxLine(text, kernel.ptx().get(i + 1), kernel.places().get(i + 1), seen);
    }
    close();
  }

  /** From the first entry on. */
  private static List<Integer> body(List<String> lines) {
    List<Integer> shown = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      if (!shown.isEmpty() || lines.get(i).matches(".*\\.(entry|func)\\b.*")) {
        shown.add(i);
      }
    }
    return shown;
  }

  /** {@code product} of {@code dev/kiln/kernels/product.py}. */
  private static String shortName(String file) {
    return file.substring(file.lastIndexOf('/') + 1).replaceAll("\\.py$", "");
  }

  private void ptxLine(String text, Measures measures, SourcePlace place, Set<SourcePlace> seen) {
    if (place == null) {
      out.raw("<tr><td></td>");
    } else {
      int file = files.indexOf(place.file());
      if (seen.add(place)) {
        out.tag("tr", "data-s", file + ":" + place.line(), "id", target(file, place.line()));
      } else {
        out.tag("tr", "data-s", file + ":" + place.line());
      }
      out.leaf("td", (files.size() > 1 ? shortName(place.file()) + ":" : "") + place.line());
    }
    if (measures == null) {
      blank();
    } else {
      numbers(measures);
    }
    out.leaf("td", text.stripTrailing(), "class", "code").raw("</tr>");
  }
}
