package dev.kiln.compiler.gpu.emit;

import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.layout.LinearMap;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Operations that move elements. A result in some layout needs its operand in a certain other one;
 * then each register is what a register of the operand is.
 */
final class ShapeEmitter {
  private final Emission emission;
  private final Coordinates coordinates;

  ShapeEmitter(Emission emission, Coordinates coordinates) {
    this.emission = emission;
    this.coordinates = coordinates;
  }

  /** How the registers of a result are computed in a layout; fails for a gather. */
  IntFunction<Operand> registers(ShapeOp op, Value result, LinearLayout layout) {
    return switch (op) {
      case ShapeOp.MakeRange range -> register -> range(range, layout, register);
      case ShapeOp.Splat splat -> scalar(splat.operand());
      case ShapeOp.Unsplat unsplat -> throw new IllegalArgumentException("a scalar");
      case ShapeOp.ExpandDims expand -> reshaped(expand.operand(), layout);
      case ShapeOp.Reshape reshape -> reshaped(reshape.operand(), layout);
      case ShapeOp.Broadcast broadcast ->
          same(broadcast.operand(), layout.beforeBroadcast(broadcast.operand().shape()));
      case ShapeOp.Permute permute ->
          same(permute.operand(), layout.permute(inverse(permute.order())));
      case ShapeOp.Join join -> side(join.left(), join.right(), 0, layout);
      case ShapeOp.Cat cat -> {
        int half =
            layout.axisShift(cat.axis()) + LinearMap.log2(cat.left().shape().dim(cat.axis()));
        yield side(cat.left(), cat.right(), half, layout);
      }
      case ShapeOp.Split split -> half(split, result, layout);
      case ShapeOp.Gather gather -> throw new IllegalArgumentException("a gather moves data");
    };
  }

  /** The scalar of {@link ShapeOp.Unsplat}: all threads hold the only element. */
  Operand unsplat(ShapeOp.Unsplat op) {
    return emission.fragment(op.operand()).registers().getFirst();
  }

  private Operand range(ShapeOp.MakeRange range, LinearLayout layout, int register) {
    Operand index = emission.coordinate(layout, 0, register);
    return range.start() == 0
        ? index
        : emission.ptx().emit("add.s32", RegisterClass.B32, index, Immediate.b32(range.start()));
  }

  private IntFunction<Operand> scalar(Value scalar) {
    Operand operand = emission.scalar(scalar);
    return register -> operand;
  }

  private IntFunction<Operand> reshaped(Value operand, LinearLayout layout) {
    return operand.type().isTile()
        ? same(operand, layout.reshape(operand.shape()))
        : scalar(operand);
  }

  private IntFunction<Operand> same(Value operand, LinearLayout layout) {
    return emission.lazy(operand, layout)::register;
  }

  private static List<Integer> inverse(List<Integer> order) {
    Integer[] inverse = new Integer[order.size()];
    for (int axis = 0; axis < inverse.length; axis++) {
      inverse[order.get(axis)] = axis;
    }
    return List.of(inverse);
  }

  // ---------------------------------------------------------------- join, cat, split

  /** A bit of the row-major index tells from which of two tiles an element comes. */
  private IntFunction<Operand> side(Value left, Value right, int bit, LinearLayout layout) {
    IntFunction<Operand> ofLeft = part(left, bit, layout);
    IntFunction<Operand> ofRight = part(right, bit, layout);
    if (!Coordinates.threadsReach(layout, 1 << bit)) {
      return register ->
          (layout.registerIndex(register) >> bit & 1) == 0
              ? ofLeft.apply(register)
              : ofRight.apply(register);
    }
    return register -> {
      boolean swapped = (layout.registerIndex(register) >> bit & 1) != 0;
      Operand isRight = coordinates.threadBit(layout, bit);
      Operand one = ofLeft.apply(register);
      Operand other = ofRight.apply(register);
      return swapped
          ? Selection.emit(emission.ptx(), isRight, one, other)
          : Selection.emit(emission.ptx(), isRight, other, one);
    };
  }

  /** One of the two, in the layout without the bit. */
  private IntFunction<Operand> part(Value side, int bit, LinearLayout layout) {
    int low = (1 << bit) - 1;
    return side.type().isTile()
        ? same(side, layout.mapped(side.shape(), index -> index & low | index >> 1 & ~low))
        : scalar(side);
  }

  private IntFunction<Operand> half(ShapeOp.Split split, Value result, LinearLayout layout) {
    LazyFragment whole = emission.lazy(split.operand(), beforeSplit(layout, split));
    int side = result == split.right() ? 1 : 0;
    return register -> whole.register(2 * register + side);
  }

  /** Registers {@code 2 r} and {@code 2 r + 1} are register {@code r} of the sides. */
  private static LinearLayout beforeSplit(LinearLayout side, ShapeOp.Split split) {
    Shape shape = split.operand().shape();
    LinearLayout wide = side.mapped(shape, index -> index << 1);
    int[] registers = new int[wide.registers().length + 1];
    registers[0] = 1;
    System.arraycopy(wide.registers(), 0, registers, 1, wide.registers().length);
    return wide.withRegisters(registers);
  }

  /** The halves of a tile of shape 2 are scalars. */
  void splitScalars(ShapeOp.Split split) {
    LinearLayout home = emission.plan().layout(split.operand());
    LinearLayout both =
        LinearLayout.of(
            split.operand().shape(),
            new int[] {1},
            new int[home.lanes().length],
            new int[home.warps().length]);
    Fragment whole = emission.fragment(split.operand(), both);
    emission.define(split.left(), whole.registers().get(0));
    emission.define(split.right(), whole.registers().get(1));
  }
}
