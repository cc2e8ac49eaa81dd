package dev.kiln.compiler.layout;

import dev.kiln.compiler.ir.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/**
 * Which element of a tile each (register, lane, warp, block) holds: a linear map over GF(2) from
 * the bits of these four numbers to the bits of the element's row-major index. A basis vector is
 * what one bit maps to; the element of any combination is the exclusive or of the vectors of its
 * bits. A zero vector means that the bit does not matter: both hold the same element.
 *
 * <p>Row-major indices have room for all coordinates (extents are powers of two), so that a reshape
 * changes the shape only. The innermost axis has the low bits.
 *
 * <p>Tiles of layouts, factors of a {@link LinearLayouts#product}, may have fewer than five lane
 * vectors.
 *
 * @param shape of the tile
 * @param registers a basis vector for each bit of the register number, lowest first
 * @param lanes five basis vectors
 * @param warps log2 of the number of warps
 * @param blocks of a cluster; empty without clusters
 */
public record LinearLayout(Shape shape, int[] registers, int[] lanes, int[] warps, int[] blocks) {
  public LinearLayout {
    for (int[] bases : List.of(registers, lanes, warps, blocks)) {
      for (int base : bases) {
        if (base < 0 || base >= shape.size()) {
          throw new IllegalArgumentException("vector " + base + " outside a tile of " + shape);
        }
      }
    }
  }

  /** A layout without clusters. */
  public static LinearLayout of(Shape shape, int[] registers, int[] lanes, int[] warps) {
    return new LinearLayout(shape, registers, lanes, warps, new int[0]);
  }

  /** How many registers of a thread hold elements, those that repeat others included. */
  public int registerCount() {
    return 1 << registers.length;
  }

  public int warpCount() {
    return 1 << warps.length;
  }

  /** log2 of the number of elements. */
  public int indexBits() {
    return Integer.numberOfTrailingZeros(shape.size());
  }

  /** The row-major index of an element. */
  public int index(int register, int lane, int warp) {
    return registerIndex(register)
        ^ LinearMap.combine(lanes, lane)
        ^ LinearMap.combine(warps, warp);
  }

  /**
   * The part of the index that the register gives: {@code index(r, l, w) = registerIndex(r) ^
   * index(0, l, w)}.
   */
  public int registerIndex(int register) {
    return LinearMap.combine(registers, register);
  }

  // ---------------------------------------------------------------- the map and its inverse

  /** The lowest bit of an axis in row-major indices. */
  public int axisShift(int axis) {
    return axisShift(shape, axis);
  }

  static int axisShift(Shape shape, int axis) {
    int shift = 0;
    for (int inner = axis + 1; inner < shape.rank(); inner++) {
      shift += bits(shape.dim(inner));
    }
    return shift;
  }

  static int bits(int powerOfTwo) {
    return Integer.numberOfTrailingZeros(powerOfTwo);
  }

  /** The bits of an axis in row-major indices. */
  public int axisMask(int axis) {
    return shape.dim(axis) - 1 << axisShift(axis);
  }

  /** One coordinate of the element with an index. */
  public int coordinate(int axis, int index) {
    return index >> axisShift(axis) & shape.dim(axis) - 1;
  }

  /** All coordinates of the element with an index, outermost first. */
  public int[] coordinates(int index) {
    int[] all = new int[shape.rank()];
    for (int axis = 0; axis < all.length; axis++) {
      all[axis] = coordinate(axis, index);
    }
    return all;
  }

  /**
   * The whole map. Its input is the holder: register, lane, warp and block beside each other, the
   * register lowest (see {@link #registerOf}, {@link #laneOf}, {@link #warpOf}).
   */
  public LinearMap map() {
    return LinearMap.concatenated(registers, lanes, warps, blocks);
  }

  /**
   * From index to holder (see {@link #map}), with bits that do not matter zero: the owner of each
   * element.
   */
  public LinearMap inverse() {
    return map().inverse(indexBits());
  }

  public int holder(int register, int lane, int warp) {
    return register | lane << registers.length | warp << registers.length + lanes.length;
  }

  public int registerOf(int holder) {
    return holder & registerCount() - 1;
  }

  public int laneOf(int holder) {
    return holder >> registers.length & (1 << lanes.length) - 1;
  }

  public int warpOf(int holder) {
    return holder >> registers.length + lanes.length & warpCount() - 1;
  }

  /** Whether every element has a holder; layouts of whole tiles are. */
  public boolean isSurjective() {
    return map().rank() == indexBits();
  }

  /** Whether no element has two holders. */
  public boolean isInjective() {
    return map().isInjective();
  }

  /** Bits of registers that only repeat elements of lower registers. */
  public int freeRegisters() {
    return registerOf(map().freeColumns());
  }

  /** Bits of lanes that are zero in the owners: those that only repeat elements of other lanes. */
  public int freeLanes() {
    return laneOf(map().freeColumns());
  }

  /** Bits of warps that are zero in the owners. */
  public int freeWarps() {
    return warpOf(map().freeColumns());
  }

  /** Without registers that repeat lower ones. */
  public LinearLayout withoutRepeatedRegisters() {
    return withRegisters(distinctRegisters().then(new LinearMap(registers)).columns());
  }

  /** From registers of {@link #withoutRepeatedRegisters()} to registers of this. */
  public LinearMap distinctRegisters() {
    int free = freeRegisters();
    return new LinearMap(
        IntStream.range(0, registers.length)
            .filter(bit -> (free >> bit & 1) == 0)
            .map(bit -> 1 << bit)
            .toArray());
  }

  /** The same threads hold the same elements, in registers of another order. */
  public LinearLayout withRegisters(int... vectors) {
    return new LinearLayout(shape, vectors, lanes, warps, blocks);
  }

  /** Whether each thread holds the same elements as in another layout, in whatever registers. */
  public boolean hasSameThreads(LinearLayout other) {
    return Arrays.equals(lanes, other.lanes)
        && Arrays.equals(warps, other.warps)
        && spans(registers, other.registers)
        && spans(other.registers, registers);
  }

  /** Whether each warp holds the elements that it holds in another layout. */
  public boolean hasSameWarps(LinearLayout other) {
    int[] ours = LinearMap.concatenated(registers, lanes).columns();
    int[] theirs = LinearMap.concatenated(other.registers, other.lanes).columns();
    return Arrays.equals(warps, other.warps) && spans(ours, theirs);
  }

  private static boolean spans(int[] vectors, int[] others) {
    Span span = Span.of(vectors);
    return Arrays.stream(others).allMatch(span::contains);
  }

  /** log2 of how many different values the lanes give to the bits of a mask. */
  public int laneRank(int mask) {
    return Span.of(Arrays.stream(lanes).map(lane -> lane & mask).toArray()).size();
  }

  // ---------------------------------------------------------------- other shapes

  /** Each vector replaced; what the elements are called changes, not who holds them. */
  public LinearLayout mapped(Shape newShape, IntUnaryOperator vector) {
    return new LinearLayout(
        newShape,
        Arrays.stream(registers).map(vector).toArray(),
        Arrays.stream(lanes).map(vector).toArray(),
        Arrays.stream(warps).map(vector).toArray(),
        Arrays.stream(blocks).map(vector).toArray());
  }

  /** First this, then a map of indices to those of another shape. */
  public LinearLayout then(LinearMap next, Shape newShape) {
    return mapped(newShape, next::apply);
  }

  /** The same row-major indices under another shape. */
  public LinearLayout reshape(Shape newShape) {
    if (newShape.size() != shape.size()) {
      throw new IllegalArgumentException(shape + " cannot become " + newShape);
    }
    return mapped(newShape, IntUnaryOperator.identity());
  }

  /** Axis {@code i} of the result is axis {@code order[i]} of this. */
  public LinearLayout permute(List<Integer> order) {
    int[] dims = order.stream().mapToInt(shape::dim).toArray();
    Shape to = Shape.of(dims);
    return mapped(
        to,
        vector -> {
          int moved = 0;
          for (int axis = 0; axis < dims.length; axis++) {
            moved |= coordinate(order.get(axis), vector) << axisShift(to, axis);
          }
          return moved;
        });
  }

  /** With an axis of extent 1 more. */
  public LinearLayout expandDims(int axis) {
    return reshape(shape.insert(axis, 1));
  }

  /**
   * Without an axis: the layout of what varies along the others only. Holders that differ in that
   * axis hold the same element of the slice.
   */
  public LinearLayout slice(int axis) {
    return narrow(axis).reshape(shape.remove(axis));
  }

  /** With extent 1 along an axis: the layout of what is broadcast along it. */
  public LinearLayout narrow(int axis) {
    int low = (1 << axisShift(axis)) - 1;
    int bits = bits(shape.dim(axis));
    return mapped(shape.with(axis, 1), vector -> vector & low | vector >> bits & ~low);
  }

  /**
   * The layout of the operand of a broadcast whose result has this layout: extent 1 where the
   * operand has.
   */
  public LinearLayout beforeBroadcast(Shape operand) {
    LinearLayout narrowed = this;
    for (int axis = 0; axis < shape.rank(); axis++) {
      narrowed = operand.dim(axis) == shape.dim(axis) ? narrowed : narrowed.narrow(axis);
    }
    return narrowed;
  }

  /**
   * A layout of the broadcast tile of which this is {@link #beforeBroadcast}: lanes and warps that
   * do not matter here share the new elements, registers take the rest.
   */
  public LinearLayout broadcast(Shape to) {
    LinearLayout wide = this;
    for (int axis = to.rank() - 1; axis >= 0; axis--) {
      wide = shape.dim(axis) == to.dim(axis) ? wide : wide.broadcast(axis, to.dim(axis));
    }
    return wide;
  }

  private LinearLayout broadcast(int axis, int extent) {
    int low = (1 << axisShift(axis)) - 1;
    int bits = bits(extent);
    LinearLayout wide =
        mapped(shape.with(axis, extent), vector -> vector & low | (vector & ~low) << bits);
    int[] newLanes = wide.lanes.clone();
    int[] newWarps = wide.warps.clone();
    var newRegisters = new ArrayList<Integer>();
    int bit = fill(newLanes, axisShift(axis), 0, bits);
    bit = fill(newWarps, axisShift(axis), bit, bits);
    for (; bit < bits; bit++) {
      newRegisters.add(1 << axisShift(axis) + bit);
    }
    Arrays.stream(wide.registers).forEach(newRegisters::add);
    return new LinearLayout(wide.shape, ints(newRegisters), newLanes, newWarps, wide.blocks);
  }

  private static int fill(int[] vectors, int shift, int bit, int bits) {
    int next = bit;
    for (int i = 0; i < vectors.length && next < bits; i++) {
      if (vectors[i] == 0) {
        vectors[i] = 1 << shift + next++;
      }
    }
    return next;
  }

  private static int[] ints(List<Integer> numbers) {
    return numbers.stream().mapToInt(Integer::intValue).toArray();
  }

  /**
   * The layout of two tiles of this layout beside each other along a new last axis: the lowest
   * register bit tells which.
   */
  public LinearLayout join() {
    return LinearLayouts.product(
        new LinearLayout(
            LinearLayouts.ones(shape.rank() + 1).with(shape.rank(), 2),
            new int[] {1},
            new int[0],
            new int[0],
            new int[0]),
        expandDims(shape.rank()));
  }

  /**
   * The layout of each half of a tile of this layout along its last axis, of extent 2; empty unless
   * one register bit, and nothing else, tells the halves apart ({@link #splitRegister}).
   */
  public Optional<LinearLayout> split() {
    int register = splitRegister();
    if (register < 0) {
      return Optional.empty();
    }
    int[] rest = new int[registers.length - 1];
    System.arraycopy(registers, 0, rest, 0, register);
    System.arraycopy(registers, register + 1, rest, register, rest.length - register);
    return Optional.of(withRegisters(rest).slice(shape.rank() - 1));
  }

  /** The bit of registers that alone tells the halves along the last axis apart, or -1. */
  public int splitRegister() {
    int found = -1;
    int others = 0;
    for (int bit = 0; bit < registers.length; bit++) {
      if (registers[bit] == 1 && found < 0) {
        found = bit;
      } else {
        others |= registers[bit];
      }
    }
    for (int[] bases : List.of(lanes, warps, blocks)) {
      others |= Arrays.stream(bases).reduce(0, (a, b) -> a | b);
    }
    return (others & 1) == 0 ? found : -1;
  }

  /** The layout of two tiles of this layout one after the other: the highest register bit tells. */
  public LinearLayout cat(int axis) {
    Shape unit = LinearLayouts.ones(shape.rank()).with(axis, 2);
    return LinearLayouts.product(this, of(unit, new int[] {1}, new int[0], new int[0]));
  }

  // ---------------------------------------------------------------- vectors of elements

  /**
   * How many neighbours along an axis each thread holds in aligned groups, in registers of any
   * order: what a vector access may have at most.
   */
  public int contiguous(int axis) {
    int shift = axisShift(axis);
    int width = 1;
    while (width < shape.dim(axis) && registerOfVector(width << shift) >= 0) {
      width *= 2;
    }
    return width;
  }

  /**
   * How many elements with consecutive row-major indices each thread holds in aligned groups; may
   * go over several inner axes.
   */
  public int contiguous() {
    int width = 1;
    while (width < shape.size() && registerOfVector(width) >= 0) {
      width *= 2;
    }
    return width;
  }

  /** The bit of registers that has a vector of one bit which no other vector has, or -1. */
  public int registerOfVector(int single) {
    int found = -1;
    int count = 0;
    for (int bit = 0; bit < registers.length; bit++) {
      count += (registers[bit] & single) != 0 ? 1 : 0;
      found = registers[bit] == single ? bit : found;
    }
    for (int[] bases : List.of(lanes, warps, blocks)) {
      for (int base : bases) {
        count += (base & single) != 0 ? 1 : 0;
      }
    }
    return count == 1 ? found : -1;
  }

  /**
   * The registers in groups of neighbours along an axis, in the order of the elements; groups in
   * the order of their first registers.
   *
   * @param width of a group, at most {@link #contiguous(int)}
   */
  public List<int[]> groups(int axis, int width) {
    int inner = 0;
    int[] bits = new int[bits(width)];
    for (int bit = 0; bit < bits.length; bit++) {
      int register = registerOfVector(1 << axisShift(axis) + bit);
      if (register < 0) {
        throw new IllegalArgumentException("no groups of " + width + " along " + axis);
      }
      bits[bit] = 1 << register;
      inner |= 1 << register;
    }
    var order = new LinearMap(bits);
    var groups = new ArrayList<int[]>();
    for (int first = 0; first < registerCount(); first++) {
      if ((first & inner) == 0) {
        int[] group = new int[width];
        for (int i = 0; i < width; i++) {
          group[i] = first | order.apply(i);
        }
        groups.add(group);
      }
    }
    return groups;
  }

  // ---------------------------------------------------------------- comparison, text

  /** Whether the same registers of the same threads hold the same elements. */
  @Override
  public boolean equals(Object other) {
    return other instanceof LinearLayout layout
        && shape.equals(layout.shape)
        && Arrays.equals(registers, layout.registers)
        && Arrays.equals(lanes, layout.lanes)
        && Arrays.equals(warps, layout.warps)
        && Arrays.equals(blocks, layout.blocks);
  }

  @Override
  public int hashCode() {
    return 31
            * (31 * (31 * Arrays.hashCode(registers) + Arrays.hashCode(lanes))
                + Arrays.hashCode(warps))
        + shape.hashCode();
  }

  /** The compact form that {@link LayoutText#parse} reads. */
  @Override
  public String toString() {
    return LayoutText.print(this);
  }
}
