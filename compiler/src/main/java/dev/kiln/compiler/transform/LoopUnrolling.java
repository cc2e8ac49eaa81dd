package dev.kiln.compiler.transform;

import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.Cloning;
import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.IrBuilder;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Substitution;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.numeric.IntegerMath;
import dev.kiln.compiler.transform.rewrite.TripCount;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Unrolls loops that ask for it ({@code loop_unroll_factor}), by the factor and with a loop for the
 * remainder; and altogether, loops of a few iterations of scalar work. The step must be known.
 */
public final class LoopUnrolling implements Pass {
  /** What unrolling may make of one loop, in operations. */
  private static final int MAX_OPS = 2000;

  /** The same for loops that nobody asked to unroll. */
  private static final int MAX_UNASKED_OPS = 64;

  private static final int MAX_UNASKED_TRIPS = 8;

  @Override
  public String name() {
    return "unroll";
  }

  @Override
  public TileFunction run(TileFunction function) {
    Block body = new Walk().block(function.body());
    return function.withBody(body);
  }

  /** One run. */
  private static final class Walk {
    private final Map<Value, Number> constants = new HashMap<>();
    private final Substitution substitution = new Substitution();

    private Block block(Block block) {
      var ops = new ArrayList<Op>(block.ops().size());
      boolean changed = false;
      for (Op original : block.ops()) {
        Op op = substitution.shallow(original);
        if (!op.blocks().isEmpty()) {
          op = Substitution.withBlocks(op, op.blocks().stream().map(this::block).toList());
        }
        if (op instanceof ElementwiseOp.Constant constant) {
          constants.put(constant.result(), constant.value());
        }
        List<Op> unrolled = op instanceof ControlOp.For loop ? unroll(loop) : null;
        changed |= op != original || unrolled != null;
        if (unrolled == null) {
          ops.add(op);
        } else {
          ops.addAll(unrolled);
        }
      }
      return changed ? new Block(block.params(), ops) : block;
    }

    /** What stands for a loop; null if it stays. */
    private List<Op> unroll(ControlOp.For loop) {
      if (!(constants.get(loop.step()) instanceof Long step) || step <= 0) {
        return null;
      }
      int size = size(loop.body());
      long trips =
          constants.get(loop.lower()) instanceof Long lower
                  && constants.get(loop.upper()) instanceof Long upper
              ? TripCount.of(loop, lower, upper, step)
              : -1;
      OptionalInt factor = loop.hints().unrollFactor();
      boolean asked = factor.isPresent() && factor.getAsInt() > 1;
      boolean wholly =
          trips >= 0
              && (asked
                  ? trips <= factor.getAsInt() && trips * size <= MAX_OPS
                  : trips <= MAX_UNASKED_TRIPS
                      && trips * size <= MAX_UNASKED_OPS
                      && isScalarWork(loop.body()));
      if (wholly) {
        return wholly(loop, trips, step);
      }
      boolean fits =
          asked
              && (long) factor.getAsInt() * size <= MAX_OPS
              && step <= ~IntegerMath.smallest(loop.step().dtype()) / factor.getAsInt();
      return fits ? byFactor(loop, step, factor.getAsInt()) : null;
    }

    private static int size(Block block) {
      int size = 0;
      for (Op op : block.ops()) {
        size += 1 + op.blocks().stream().mapToInt(Walk::size).sum();
      }
      return size;
    }

    private static boolean isScalarWork(Block block) {
      return block.ops().stream()
          .allMatch(
              op ->
                  op.blocks().isEmpty()
                      && op.operands().stream().noneMatch(v -> v.type().isTile())
                      && op.results().stream().noneMatch(v -> v.type().isTile()));
    }

    private List<Op> wholly(ControlOp.For loop, long trips, long step) {
      var builder = new IrBuilder();
      builder.at(loop.loc());
      return builder.collect(
          () -> {
            List<Value> carried = loop.inits();
            long lower = constants.get(loop.lower()).longValue();
            DType dtype = loop.lower().dtype();
            for (long trip = 0; trip < trips; trip++) {
              Value induction =
                  builder.constant(dtype, IntegerMath.wrap(dtype, lower + trip * step));
              constants.put(induction, IntegerMath.wrap(dtype, lower + trip * step));
              carried = copy(loop, induction, carried, builder);
            }
            substitution.replace(loop.results(), carried);
          });
    }

    /** Puts a copy of the body; returns the next carried values. */
    private static List<Value> copy(
        ControlOp.For loop, Value induction, List<Value> carried, IrBuilder builder) {
      var cloning = new Cloning();
      cloning.bind(loop.induction(), induction);
      cloning.bind(loop.carried(), carried);
      loop.body().body().forEach(op -> builder.append(op.rewrite(cloning)));
      return cloning.use(loop.body().terminator().operands());
    }

    /**
     * A loop over groups of iterations up to {@code middle}, then the loop as it was from there: it
     * runs less often than the factor.
     */
    private static List<Op> byFactor(ControlOp.For loop, long step, int factor) {
      var builder = new IrBuilder();
      builder.at(loop.loc());
      return builder.collect(
          () -> {
            Value middle = middle(loop, factor, builder);
            ControlOp.For groups = groups(loop, middle, step, factor, builder);
            builder.append(groups);
            builder.append(
                new ControlOp.For(
                    loop.loc(),
                    loop.results(),
                    middle,
                    loop.upper(),
                    loop.step(),
                    loop.unsigned(),
                    groups.results(),
                    loop.body(),
                    withoutUnrolling(loop.hints())));
          });
    }

    private static ControlOp.LoopHints withoutUnrolling(ControlOp.LoopHints hints) {
      return new ControlOp.LoopHints(
          hints.numStages(),
          OptionalInt.empty(),
          hints.flatten(),
          hints.warpSpecialize(),
          hints.disableLicm());
    }

    /** Where the remainder begins: the upper bound itself if there is none, so nothing wraps. */
    private static Value middle(ControlOp.For loop, int factor, IrBuilder builder) {
      DType dtype = loop.lower().dtype();
      CompareKind less = loop.unsigned() ? CompareKind.ULT : CompareKind.LT;
      Value one = builder.constant(dtype, 1);
      Value zero = builder.constant(dtype, 0);
      Value runs = builder.compare(less, loop.lower(), loop.upper());
      Value distance = builder.binary(BinaryKind.SUB, loop.upper(), loop.lower());
      Value last = builder.binary(BinaryKind.SUB, distance, one);
      Value whole = builder.binary(BinaryKind.DIVU, last, loop.step());
      Value counted = builder.binary(BinaryKind.ADD, whole, one);
      Value trips = builder.select(runs, counted, zero);
      Value rest = builder.binary(BinaryKind.REMU, trips, builder.constant(dtype, factor));
      Value grouped = builder.binary(BinaryKind.SUB, trips, rest);
      Value span = builder.binary(BinaryKind.MUL, grouped, loop.step());
      Value end = builder.binary(BinaryKind.ADD, loop.lower(), span);
      Value even = builder.compare(CompareKind.EQ, rest, zero);
      return builder.select(even, loop.upper(), end);
    }

    private static ControlOp.For groups(
        ControlOp.For loop, Value middle, long step, int factor, IrBuilder builder) {
      DType dtype = loop.lower().dtype();
      Value stride = builder.constant(dtype, step * factor);
      Value induction = new Value(loop.induction().type(), loop.induction().hint());
      var params = new ArrayList<Value>();
      params.add(induction);
      for (Value carried : loop.carried()) {
        params.add(new Value(carried.type(), carried.hint()));
      }
      Block body =
          builder.block(
              params,
              () -> {
                List<Value> carried = params.subList(1, params.size());
                for (int i = 0; i < factor; i++) {
                  Value at =
                      i == 0
                          ? induction
                          : builder.binary(
                              BinaryKind.ADD, induction, builder.constant(dtype, i * step));
                  carried = copy(loop, at, carried, builder);
                }
                builder.append(new ControlOp.Yield(loop.body().terminator().loc(), carried));
              });
      var results = new ArrayList<Value>();
      loop.results().forEach(result -> results.add(new Value(result.type(), result.hint())));
      return new ControlOp.For(
          loop.loc(),
          results,
          loop.lower(),
          middle,
          stride,
          loop.unsigned(),
          loop.inits(),
          body,
          withoutUnrolling(loop.hints()));
    }
  }
}
