package dev.kiln.compiler.layout;

import dev.kiln.compiler.ir.Shape;
import java.util.ArrayList;
import java.util.Arrays;
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

  /** Bytes of a row of shared memory that has all banks. */
  private static final int ROW = 128;

  /** Bytes of the widest access of a thread. */
  private static final int PIECE = 16;

  private LayoutPicture() {}

  public static String of(LinearLayout layout) {
    return draw(layout, warp -> true);
  }

  /** What one warp holds; elements of others are dots. */
  public static String ofWarp(LinearLayout layout, int warp) {
    return draw(layout, shown -> shown == warp);
  }

  /**
   * Shared memory in rows of 128 bytes, all of its banks: each cell is a piece of 16 bytes, with
   * the coordinates of the element that it begins with.
   *
   * @param elementBytes 1 to 16
   */
  public static String ofMemory(SharedLayout layout, int elementBytes) {
    int vector = PIECE / elementBytes;
    String[] cells = new String[-Math.floorDiv(-layout.size(), vector)];
    Arrays.fill(cells, ".");
    for (int index = 0; index < layout.shape().size(); index++) {
      int offset = layout.offset(index);
      if (offset % vector == 0) {
        cells[offset / vector] = coordinates(layout.shape(), index);
      }
    }
    return grid(Arrays.asList(cells), ROW / PIECE);
  }

  private static String coordinates(Shape shape, int index) {
    int[] strides = shape.rowMajorStrides();
    return IntStream.range(0, shape.rank())
        .mapToObj(axis -> Integer.toString(index / strides[axis] % shape.dim(axis)))
        .collect(Collectors.joining(","));
  }

  private static String grid(List<String> cells, int columns) {
    int width = cells.stream().mapToInt(String::length).max().orElse(0);
    var text = new StringBuilder();
    for (int at = 0; at < cells.size(); at++) {
      text.append(cells.get(at));
      if (at % columns == columns - 1 || at == cells.size() - 1) {
        text.append('\n');
      } else {
        text.repeat(' ', width - cells.get(at).length() + 1);
      }
    }
    return text.toString();
  }

  private static String draw(LinearLayout layout, IntPredicate warps) {
    List<String> cells = cells(layout, warps);
    int rank = layout.shape().rank();
    int columns = layout.shape().dim(rank - 1);
    if (rank <= 2) {
      return grid(cells, columns);
    }
    int matrix = columns * layout.shape().dim(rank - 2);
    var text = new StringBuilder();
    for (int first = 0; first < cells.size(); first += matrix) {
      text.append(heading(layout, first))
          .append(grid(cells.subList(first, first + matrix), columns));
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
