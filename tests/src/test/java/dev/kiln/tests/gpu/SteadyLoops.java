package dev.kiln.tests.gpu;

import dev.kiln.runtime.sim.monitor.count.Counters;
import dev.kiln.runtime.sim.monitor.count.Measure;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The loops of a PTX text: lines from a label to the branch back to it. */
record SteadyLoops(List<Loop> loops) {
  private static final Pattern LABEL = Pattern.compile("\\s*([$%\\w]+):.*");
  private static final Pattern BRANCH = Pattern.compile(".*\\bbra(?:\\.uni)?\\s+([$%\\w]+);.*");

  /** Lines count from 1. */
  record Loop(int first, int last) {
    boolean contains(int line) {
      return line >= first && line <= last;
    }

    boolean contains(Loop other) {
      return this != other && first <= other.first && other.last <= last;
    }
  }

  static SteadyLoops of(List<String> ptx) {
    Map<String, Integer> labels = new HashMap<>();
    List<Loop> loops = new ArrayList<>();
    for (int i = 0; i < ptx.size(); i++) {
      Matcher label = LABEL.matcher(ptx.get(i));
      if (label.matches()) {
        labels.put(label.group(1), i + 1);
      }
      Matcher branch = BRANCH.matcher(ptx.get(i));
      if (branch.matches() && labels.containsKey(branch.group(1))) {
        loops.add(new Loop(labels.get(branch.group(1)), i + 1));
      }
    }
    return new SteadyLoops(loops);
  }

  /**
   * Other warp instructions for each product of matrices, over the innermost loops that have
   * products.
   *
   * @throws AssertionError if none has any
   */
  double othersPerProduct(Counters counters) {
    List<Loop> withProducts =
        loops.stream().filter(loop -> executions(counters, loop, true) > 0).toList();
    long products = 0;
    long others = 0;
    for (Loop loop : withProducts) {
      if (withProducts.stream().noneMatch(loop::contains)) {
        products += executions(counters, loop, true);
        others += executions(counters, loop, false);
      }
    }
    if (products == 0) {
      throw new AssertionError("no loop has tensor core instructions");
    }
    return (double) others / products;
  }

  private static long executions(Counters counters, Loop loop, boolean products) {
    return counters
        .sum(line -> loop.contains(line.line()) && line.tensor().isPresent() == products)
        .get(Measure.EXECUTIONS);
  }
}
