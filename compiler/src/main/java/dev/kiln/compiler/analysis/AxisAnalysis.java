package dev.kiln.compiler.analysis;

import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Value;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * {@link AxisInfo} of every integer and pointer of a function, from what is known of parameters,
 * from hints and from arithmetic.
 *
 * <p>As in Triton, index arithmetic is taken not to wrap, and dividends not to be negative: a
 * kernel for which that is not so must not rely on how its tiles run. What loops carry begins with
 * what its init is and loses what an iteration does not keep.
 */
public final class AxisAnalysis {
  private final Map<Value, AxisInfo> infos = new HashMap<>();

  private AxisAnalysis() {}

  public static AxisAnalysis of(TileFunction function) {
    var analysis = new AxisAnalysis();
    for (TileFunction.Param param : function.params()) {
      if (isTracked(param.value())) {
        analysis.infos.put(param.value(), AxisInfo.same(Shape.of(), param.divisibility()));
      }
    }
    analysis.block(function.body());
    return analysis;
  }

  /** What is known of a value; nothing for floats. */
  public AxisInfo info(Value value) {
    AxisInfo info = infos.get(value);
    return info == null ? AxisInfo.unknown(value.shape()) : info;
  }

  private static boolean isTracked(Value value) {
    return value.dtype().isInteger();
  }

  private void block(Block block) {
    block.ops().forEach(this::op);
  }

  private void op(Op op) {
    switch (op) {
      case ElementwiseOp elementwise ->
          set(elementwise.result(), ElementwiseAxes.of(elementwise, this));
      case ShapeOp.Split split -> {} // nothing is known of halves
      case ShapeOp shape -> set(shape.results().getFirst(), shape(shape));
      case MemoryOp.Load load -> set(load.result(), load(load));
      case ControlOp.For loop -> loop(loop);
      case ControlOp.While loop -> loop(loop);
      case ControlOp.If branch -> {
        block(branch.thenBlock());
        block(branch.elseBlock());
        meet(
            branch.results(),
            branch.thenBlock().terminator().operands(),
            branch.elseBlock().terminator().operands());
      }
      default -> {} // unknown
    }
  }

  private void set(Value value, AxisInfo info) {
    if (isTracked(value)) {
      infos.put(value, info);
    }
  }

  private void meet(List<Value> into, List<Value> first, List<Value> second) {
    for (int i = 0; i < into.size(); i++) {
      set(into.get(i), info(first.get(i)).meet(info(second.get(i))));
    }
  }

  // ---------------------------------------------------------------- loops

  private void loop(ControlOp.For loop) {
    AxisInfo lower = info(loop.lower());
    AxisInfo step = info(loop.step());
    long divisor = Math.min(lower.divisibility(0), step.divisibility(0));
    set(loop.induction(), AxisInfo.same(Shape.of(), divisor));
    assign(loop.carried(), loop.inits());
    List<Value> next = loop.body().terminator().operands();
    do {
      block(loop.body());
    } while (weaken(loop.carried(), next));
    assign(loop.results(), loop.carried());
  }

  private void loop(ControlOp.While loop) {
    assign(loop.before().params(), loop.inits());
    List<Value> all = loop.before().terminator().operands();
    List<Value> forwarded = all.subList(1, all.size());
    List<Value> next = loop.body().terminator().operands();
    do {
      block(loop.before());
      assign(loop.body().params(), forwarded);
      block(loop.body());
    } while (weaken(loop.before().params(), next));
    assign(loop.results(), forwarded);
  }

  private void assign(List<Value> values, List<Value> from) {
    for (int i = 0; i < values.size(); i++) {
      set(values.get(i), info(from.get(i)));
    }
  }

  /** Takes from carried values what an iteration does not keep; returns whether there was any. */
  private boolean weaken(List<Value> carried, List<Value> next) {
    boolean weaker = false;
    for (int i = 0; i < carried.size(); i++) {
      AxisInfo before = info(carried.get(i));
      AxisInfo after = before.meet(info(next.get(i)));
      weaker |= isTracked(carried.get(i)) && !after.equals(before);
      set(carried.get(i), after);
    }
    return weaker;
  }

  // ---------------------------------------------------------------- shapes, loads

  private AxisInfo shape(ShapeOp op) {
    Shape shape = op.results().getFirst().shape();
    return switch (op) {
      case ShapeOp.MakeRange range ->
          new AxisInfo(
              new long[] {shape.dim(0)},
              new long[] {AxisInfo.powerOf2Divisor(range.start())},
              new long[] {1},
              OptionalLong.empty());
      case ShapeOp.Splat splat -> splat(info(splat.operand()), shape);
      case ShapeOp.Unsplat unsplat -> scalar(info(unsplat.operand()));
      case ShapeOp.ExpandDims expand -> expand(info(expand.operand()), expand.axis());
      case ShapeOp.Broadcast broadcast ->
          broadcast(info(broadcast.operand()), broadcast.operand().shape(), shape);
      case ShapeOp.Permute permute -> permute(info(permute.operand()), permute.order());
      case ShapeOp.Reshape reshape -> reshape(info(reshape.operand()), shape);
      case ShapeOp.Join join -> AxisInfo.unknown(shape);
      case ShapeOp.Split split -> AxisInfo.unknown(shape);
      case ShapeOp.Cat cat -> AxisInfo.unknown(shape);
      case ShapeOp.Gather gather -> AxisInfo.unknown(shape);
    };
  }

  private static AxisInfo splat(AxisInfo scalar, Shape shape) {
    return scalar.constant().isPresent()
        ? AxisInfo.constant(shape, scalar.constant().getAsLong())
        : AxisInfo.same(shape, scalar.divisibility(0));
  }

  private static AxisInfo scalar(AxisInfo tile) {
    long divisor = 1;
    for (int axis = 0; axis < tile.rank(); axis++) {
      divisor = Math.max(divisor, tile.divisibility(axis));
    }
    return tile.constant().isPresent()
        ? AxisInfo.constant(Shape.of(), tile.constant().getAsLong())
        : AxisInfo.same(Shape.of(), divisor);
  }

  private static AxisInfo reshape(AxisInfo operand, Shape shape) {
    return operand.constant().isPresent()
        ? AxisInfo.constant(shape, operand.constant().getAsLong())
        : AxisInfo.unknown(shape);
  }

  private static AxisInfo expand(AxisInfo tile, int axis) {
    // Along the new axis every element begins a group, so what divides all of them counts.
    long divisor = AxisInfo.MAX_DIVISIBILITY;
    for (int old = 0; old < tile.rank(); old++) {
      divisor = Math.min(divisor, tile.divisibilityOfGroups(old, 1));
    }
    return new AxisInfo(
        inserted(tile.contiguity(), axis, 1),
        inserted(tile.divisibility(), axis, divisor),
        inserted(tile.constancy(), axis, 1),
        tile.constant());
  }

  private static long[] inserted(long[] values, int axis, long value) {
    long[] all = new long[values.length + 1];
    System.arraycopy(values, 0, all, 0, axis);
    all[axis] = value;
    System.arraycopy(values, axis, all, axis + 1, values.length - axis);
    return all;
  }

  private static AxisInfo broadcast(AxisInfo tile, Shape from, Shape to) {
    long[] constancy = tile.constancy().clone();
    for (int axis = 0; axis < to.rank(); axis++) {
      if (from.dim(axis) != to.dim(axis)) {
        constancy[axis] = to.dim(axis);
      }
    }
    return new AxisInfo(tile.contiguity(), tile.divisibility(), constancy, tile.constant());
  }

  private static AxisInfo permute(AxisInfo tile, List<Integer> order) {
    int rank = tile.rank();
    long[] contiguity = new long[rank];
    long[] divisibility = new long[rank];
    long[] constancy = new long[rank];
    for (int axis = 0; axis < rank; axis++) {
      contiguity[axis] = tile.contiguity(order.get(axis));
      divisibility[axis] = tile.divisibility(order.get(axis));
      constancy[axis] = tile.constancy(order.get(axis));
    }
    return new AxisInfo(contiguity, divisibility, constancy, tile.constant());
  }

  /** Elements at equal addresses, with equal masks and alternatives, are equal. */
  private AxisInfo load(MemoryOp.Load load) {
    int rank = Math.max(1, load.result().shape().rank());
    long[] constancy = new long[rank];
    List<Value> operands = Op.operandList(List.of(load.pointer()), load.mask(), load.other());
    for (int axis = 0; axis < rank; axis++) {
      constancy[axis] = Long.MAX_VALUE;
      for (Value operand : operands) {
        boolean isFloat = !isTracked(operand);
        constancy[axis] = isFloat ? 1 : Math.min(constancy[axis], info(operand).constancy(axis));
      }
    }
    return new AxisInfo(
        AxisInfo.filled(rank, 1), AxisInfo.filled(rank, 1), constancy, OptionalLong.empty());
  }
}
