package dev.kiln.compiler.layout;

import dev.kiln.compiler.ir.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes a layout by giving away the bits of each coordinate, lowest first, to registers, lanes and
 * warps. Where an axis has no bits left, the holder's bit does not matter: tiles that are larger
 * than the shape repeat elements.
 */
public final class LayoutBuilder {
  private final Shape shape;
  private final int[] used;
  private final List<Integer> registers = new ArrayList<>();
  private final List<Integer> lanes = new ArrayList<>();
  private final List<Integer> warps = new ArrayList<>();

  public LayoutBuilder(Shape shape) {
    this.shape = shape;
    this.used = new int[shape.rank()];
  }

  /** The next {@code bits} bits of an axis become the next bits of registers. */
  public LayoutBuilder registers(int axis, int bits) {
    return give(registers, axis, bits);
  }

  /** The next bits of an axis become the next bits of lanes. */
  public LayoutBuilder lanes(int axis, int bits) {
    return give(lanes, axis, bits);
  }

  /** The next bits of an axis become the next bits of warps. */
  public LayoutBuilder warps(int axis, int bits) {
    return give(warps, axis, bits);
  }

  /** The next bits of warps do not matter. */
  public LayoutBuilder repeatedWarps(int bits) {
    for (int bit = 0; bit < bits; bit++) {
      warps.add(0);
    }
    return this;
  }

  private LayoutBuilder give(List<Integer> to, int axis, int bits) {
    for (int bit = 0; bit < bits; bit++) {
      boolean has = left(axis) > 0;
      to.add(has ? 1 << LinearLayout.axisShift(shape, axis) + used[axis]++ : 0);
    }
    return this;
  }

  /** How many bits of an axis are not given away. */
  public int left(int axis) {
    return LinearLayout.bits(shape.dim(axis)) - used[axis];
  }

  /** How many bits of lanes are not used, of five. */
  public int lanesLeft() {
    return 5 - lanes.size();
  }

  /** The layout; what is left of the axes goes to registers, the first of {@code order} first. */
  public LinearLayout build(int... order) {
    for (int axis : order) {
      registers(axis, left(axis));
    }
    while (lanes.size() < 5) {
      lanes.add(0);
    }
    return LinearLayout.of(shape, ints(registers), ints(lanes), ints(warps));
  }

  private static int[] ints(List<Integer> numbers) {
    return numbers.stream().mapToInt(Integer::intValue).toArray();
  }
}
