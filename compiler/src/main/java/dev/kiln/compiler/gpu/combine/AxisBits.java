package dev.kiln.compiler.gpu.combine;

import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.layout.LinearMap;
import java.util.ArrayList;
import java.util.List;

/**
 * The bits of a layout, told apart by an axis: those that move along it, and those that do not
 * (zero vectors among them, which repeat elements).
 *
 * @param shift the lowest bit of the row-major index that belongs to the axis
 * @param width log2 of the axis' extent
 */
record AxisBits(LinearLayout layout, int shift, int width) {
  static AxisBits of(LinearLayout layout, int axis) {
    Shape shape = layout.shape();
    return new AxisBits(
        layout, LinearMap.log2(shape.rowMajorStrides()[axis]), LinearMap.log2(shape.dim(axis)));
  }

  /** The bits of the index that belong to the axis. */
  int mask() {
    return ((1 << width) - 1) << shift;
  }

  /** Whether a basis vector moves along the axis. */
  boolean isAlong(int vector) {
    return (vector & mask()) != 0;
  }

  /**
   * Whether each basis vector moves along the axis only or not at all, and none of those that do
   * repeats what others give: then threads meet by flipping the bits of the axis.
   */
  boolean isSeparate() {
    var span = new ArrayList<Integer>();
    for (int[] bases : List.of(layout.registers(), layout.lanes(), layout.warps())) {
      for (int vector : bases) {
        if (isAlong(vector) && ((vector & ~mask()) != 0 || !extend(span, vector))) {
          return false;
        }
      }
    }
    return span.size() == width;
  }

  /** Whether each basis vector along the axis is a single bit of the index, besides. */
  boolean isPlain() {
    for (int[] bases : List.of(layout.registers(), layout.lanes(), layout.warps())) {
      for (int vector : bases) {
        if (isAlong(vector) && Integer.bitCount(vector) != 1) {
          return false;
        }
      }
    }
    return isSeparate();
  }

  /** Adds a vector to a basis, each of whose vectors has a highest bit of its own. */
  private static boolean extend(List<Integer> span, int vector) {
    int rest = vector;
    for (int other : span) {
      rest = Math.min(rest, rest ^ other);
    }
    if (rest == 0) {
      return false;
    }
    span.add(rest);
    span.sort((a, b) -> Integer.compare(b, a));
    return true;
  }

  /** Positions of the bits that move along the axis, in the order of what they move by. */
  List<Integer> along(int[] bases) {
    return positions(bases).stream()
        .filter(bit -> isAlong(bases[bit]))
        .sorted((a, b) -> Integer.compare(bases[a], bases[b]))
        .toList();
  }

  /** Positions of the bits that move elsewhere. */
  List<Integer> across(int[] bases) {
    return positions(bases).stream()
        .filter(bit -> bases[bit] != 0 && !isAlong(bases[bit]))
        .toList();
  }

  private static List<Integer> positions(int[] bases) {
    var positions = new ArrayList<Integer>();
    for (int bit = 0; bit < bases.length; bit++) {
      positions.add(bit);
    }
    return positions;
  }

  /** The number that has the given bits. */
  static int maskOf(List<Integer> bits) {
    return bits.stream().mapToInt(bit -> 1 << bit).sum();
  }

  /** The numbers that can be made of the given bits, ascending with the last bit moving slowest. */
  static List<Integer> combinations(List<Integer> bits) {
    var numbers = new ArrayList<Integer>();
    for (int n = 0; n < 1 << bits.size(); n++) {
      int number = 0;
      for (int i = 0; i < bits.size(); i++) {
        number |= (n >> i & 1) << bits.get(i);
      }
      numbers.add(number);
    }
    return numbers;
  }

  /** A row-major index without the axis. */
  int without(int index) {
    int low = index & (1 << shift) - 1;
    return low | index >> (shift + width) << shift;
  }

  /**
   * The layout of what remains when the axis is gone: registers that differ along the axis only
   * become one, lanes and warps repeat. Registers that repeat others are left out.
   */
  LinearLayout slice(int axis) {
    int[] registers =
        across(layout.registers()).stream()
            .mapToInt(bit -> without(layout.registers()[bit]))
            .toArray();
    return layout.slice(axis).withRegisters(registers);
  }

  /**
   * A layout in which every axis is separate and whose bits rise through lanes, warps and
   * registers.
   */
  static LinearLayout plainLayout(Shape shape, int warpBits) {
    int bits = LinearMap.log2(shape.size());
    int[] lanes = new int[5];
    int[] warps = new int[warpBits];
    int next = 0;
    for (int bit = 0; bit < lanes.length && next < bits; bit++) {
      lanes[bit] = 1 << next++;
    }
    for (int bit = 0; bit < warpBits && next < bits; bit++) {
      warps[bit] = 1 << next++;
    }
    int[] registers = new int[bits - next];
    for (int bit = 0; bit < registers.length; bit++) {
      registers[bit] = 1 << next++;
    }
    return new LinearLayout(shape, registers, lanes, warps, new int[0]);
  }
}
