package dev.kiln.compiler.layout;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Pictures of layouts in text: a grid of the elements, rows along the last axis but one, each with
 * its holders as {@code T12:3}, thread 12 of the block and its register 3. Several holders are
 * separated by {@code |}; of more than four the first three are shown.
 */
public final class LayoutPicture {
  private static final int SHOWN = 4;

  private LayoutPicture() {}

  public static String of(LinearLayout layout) {
    return draw(layout, warp -> true);
  }

  /** What one warp holds; elements of others are dots. */
  public static String ofWarp(LinearLayout layout, int warp) {
    return draw(layout, shown -> shown == warp);
  }

  private static String draw(LinearLayout layout, IntPredicate warps) {
    List<String> cells = cells(layout, warps);
    int rank = layout.shape().rank();
    int columns = layout.shape().dim(rank - 1);
    int rows = rank > 1 ? layout.shape().dim(rank - 2) : 1;
    int width = cells.stream().mapToInt(String::length).max().orElse(0);
    var text = new StringBuilder();
    for (int index = 0; index < cells.size(); index++) {
      if (rank > 2 && index % (rows * columns) == 0) {
        text.append(heading(layout, index));
      }
      text.append(cells.get(index));
      if (index % columns == columns - 1) {
        text.append('\n');
      } else {
        text.repeat(' ', width - cells.get(index).length() + 1);
      }
    }
    return text.toString();
  }

  private static String heading(LinearLayout layout, int index) {
    return IntStream.range(0, layout.shape().rank() - 2)
        .mapToObj(axis -> Integer.toString(layout.coordinate(axis, index)))
        .collect(Collectors.joining(", ", "[", "]\n"));
  }

  private static List<String> cells(LinearLayout layout, IntPredicate warps) {
    var holders = new ArrayList<List<String>>();
    for (int index = 0; index < layout.shape().size(); index++) {
      holders.add(new ArrayList<>());
    }
    for (int warp = 0; warp < layout.warpCount(); warp++) {
      for (int lane = 0; warps.test(warp) && lane < 1 << layout.lanes().length; lane++) {
        int thread = warp << layout.lanes().length | lane;
        for (int register = 0; register < layout.registerCount(); register++) {
          holders.get(layout.index(register, lane, warp)).add("T" + thread + ":" + register);
        }
      }
    }
    return holders.stream().map(LayoutPicture::cell).toList();
  }

  private static String cell(List<String> holders) {
    if (holders.isEmpty()) {
      return ".";
    }
    return holders.size() <= SHOWN
        ? String.join("|", holders)
        : String.join("|", holders.subList(0, SHOWN - 1)) + "|..";
  }
}
