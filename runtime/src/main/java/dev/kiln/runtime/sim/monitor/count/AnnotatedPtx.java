package dev.kiln.runtime.sim.monitor.count;

import static dev.kiln.runtime.sim.monitor.count.Measure.DIVERGENT;
import static dev.kiln.runtime.sim.monitor.count.Measure.EXECUTIONS;
import static dev.kiln.runtime.sim.monitor.count.Measure.GLOBAL_SECTORS;
import static dev.kiln.runtime.sim.monitor.count.Measure.LANES;
import static dev.kiln.runtime.sim.monitor.count.Measure.LOCAL_SECTORS;
import static dev.kiln.runtime.sim.monitor.count.Measure.SHARED_WAVEFRONTS;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The text of a kernel with what each line did beside it. Heat is a bar of up to four marks by the
 * line's share of what all lines cost: its executions, and what its sectors and wavefronts cost
 * beyond one for each.
 */
public final class AnnotatedPtx {
  private static final String HEADER =
      "%4s %12s %6s %12s %12s %10s %8s | "
          .formatted(
              "heat", "executions", "lanes", "sectors", "wavefronts", "conflicts", "diverg.");

  /** From which share of the hottest line on a line gets a mark more. */
  private static final double[] HEAT = {0.02, 0.1, 0.3, 0.7};

  private static final Pattern HEAD = Pattern.compile("\\.(entry|func)\\b");

  private AnnotatedPtx() {}

  /**
   * Writes numbers beside the lines of the functions that the launch could call.
   *
   * @param text the lines of the PTX text, {@link dev.kiln.runtime.sim.ptx.PtxFile#lines}
   */
  public static String of(Counters counters, List<String> text) {
    Map<Integer, Measures> byLine = new HashMap<>();
    for (Counters.Line line : counters.lines()) {
      byLine.merge(line.line(), line.measures(), Measures::plus);
    }
    long hottest = byLine.values().stream().mapToLong(AnnotatedPtx::cost).max().orElse(0);
    List<String> lines = new ArrayList<>();
    Counters.NOTES.forEach(note -> lines.add("// " + note));
    lines.add(HEADER + counters.kernel());
    BitSet shown = functions(counters, text);
    for (int i = shown.nextSetBit(0); i >= 0; i = shown.nextSetBit(i + 1)) {
      Measures measures = byLine.get(i + 1);
      String left = measures == null ? blank() : numbers(measures, hottest);
      lines.add((left + text.get(i)).stripTrailing());
    }
    return String.join("\n", lines) + "\n";
  }

  /** Indices of lines, from a function's head to the brace that closes it. */
  private static BitSet functions(Counters counters, List<String> text) {
    Map<String, List<Integer>> lines =
        counters.lines().stream()
            .collect(
                Collectors.groupingBy(
                    Counters.Line::function,
                    Collectors.mapping(Counters.Line::line, Collectors.toList())));
    BitSet shown = new BitSet();
    for (List<Integer> ofFunction : lines.values()) {
      int first = Collections.min(ofFunction) - 1;
      while (first > 0 && !HEAD.matcher(text.get(first)).find()) {
        first--;
      }
      int last = Math.min(text.size() - 1, Collections.max(ofFunction) - 1);
      while (last < text.size() - 1 && !text.get(last).startsWith("}")) {
        last++;
      }
      shown.set(first, last + 1);
    }
    return shown;
  }

  private static String blank() {
    return " ".repeat(HEADER.length() - 2) + "| ";
  }

  private static String numbers(Measures measures, long hottest) {
    long executions = measures.get(EXECUTIONS);
    return String.format(
        Locale.ROOT,
        "%4s %12s %6s %12s %12s %10s %8s | ",
        heat(cost(measures), hottest),
        String.format(Locale.ROOT, "%,d", executions),
        executions == 0
            ? ""
            : String.format(Locale.ROOT, "%.1f", (double) measures.get(LANES) / executions),
        orBlank(measures.get(GLOBAL_SECTORS) + measures.get(LOCAL_SECTORS)),
        orBlank(measures.get(SHARED_WAVEFRONTS)),
        orBlank(measures.bankConflicts()),
        orBlank(measures.get(DIVERGENT)));
  }

  private static String orBlank(long number) {
    return number == 0 ? "" : String.format(Locale.ROOT, "%,d", number);
  }

  /** What a line costs at least, in units of an instruction. */
  private static long cost(Measures measures) {
    long executions = measures.get(EXECUTIONS);
    long memory =
        measures.get(SHARED_WAVEFRONTS)
            + measures.get(GLOBAL_SECTORS)
            + measures.get(LOCAL_SECTORS);
    return Math.max(executions, memory);
  }

  private static String heat(long cost, long hottest) {
    int marks = 0;
    for (double share : HEAT) {
      marks += cost > 0 && cost >= share * hottest ? 1 : 0;
    }
    return "#".repeat(marks);
  }
}
