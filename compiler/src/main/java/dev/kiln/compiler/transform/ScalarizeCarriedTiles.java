package dev.kiln.compiler.transform;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.Substitution;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A tile of pointers or integers that a loop moves by the same amount in all its elements is
 * carried as one scalar: {@code a_ptrs += BLOCK_K * stride} makes of {@code a_ptrs} the tile that
 * it was before the loop plus {@code splat(offset)}, and carries the offset. An analysis of
 * addresses then sees an invariant tile and a scalar.
 *
 * <p>Offsets of pointers are carried as {@code i64}; each step's {@code i32} is sign-extended
 * before it is added, as {@code addptr} does. Integers are carried in their own type, in which sums
 * wrap alike. Expects splats and constants in canonical form.
 */
public final class ScalarizeCarriedTiles implements Pass {
  @Override
  public String name() {
    return "scalarize-carried";
  }

  @Override
  public TileFunction run(TileFunction function) {
    Block body = new Walk().block(function.body());
    return function.withBody(body);
  }

  /**
   * One summand of a step.
   *
   * @param by a uniform tile
   */
  private record Step(Value by, boolean subtract) {}

  /** One run. */
  private static final class Walk {
    private final Map<Value, Op> definitions = new HashMap<>();

    private Block block(Block block) {
      var ops = new ArrayList<Op>(block.ops().size());
      boolean changed = false;
      for (Op original : block.ops()) {
        Op op =
            original.blocks().isEmpty()
                ? original
                : Substitution.withBlocks(
                    original, original.blocks().stream().map(this::block).toList());
        changed |= op != original;
        if (op instanceof ControlOp.For loop) {
          changed |= loop(loop, ops);
        } else {
          ops.add(op);
        }
        op.results().forEach(result -> definitions.put(result, op));
      }
      return changed ? new Block(block.params(), ops) : block;
    }

    /** Puts a loop, rewritten if it carries such tiles; returns whether it does. */
    private boolean loop(ControlOp.For loop, List<Op> out) {
      var rewritten = new LoopRewrite(loop);
      for (int i = 0; i < loop.carried().size(); i++) {
        List<Step> steps = steps(loop, i);
        if (steps != null) {
          rewritten.scalarize(i, steps, definitions);
        }
      }
      rewritten.putInto(out);
      return rewritten.changed;
    }

    /**
     * By what a carried tile moves in an iteration, the last summand first; null if it does not.
     */
    private List<Step> steps(ControlOp.For loop, int slot) {
      Value param = loop.carried().get(slot);
      Value value = loop.body().terminator().operands().get(slot);
      boolean isCandidate =
          param.type().isTile() && (param.type().isPointer() || param.dtype().isInteger());
      if (!isCandidate || value == param) {
        return null;
      }
      var steps = new ArrayList<Step>();
      while (value != param) {
        switch (definitions.get(value)) {
          case ElementwiseOp.AddPtr add when isUniform(add.offset()) -> {
            steps.add(new Step(add.offset(), false));
            value = add.pointer();
          }
          case ElementwiseOp.Binary sum
              when sum.kind() == BinaryKind.ADD && isUniform(sum.right()) -> {
            steps.add(new Step(sum.right(), false));
            value = sum.left();
          }
          case ElementwiseOp.Binary sum
              when sum.kind() == BinaryKind.ADD && isUniform(sum.left()) -> {
            steps.add(new Step(sum.left(), false));
            value = sum.right();
          }
          case ElementwiseOp.Binary difference
              when difference.kind() == BinaryKind.SUB && isUniform(difference.right()) -> {
            steps.add(new Step(difference.right(), true));
            value = difference.left();
          }
          case null, default -> {
            return null;
          }
        }
      }
      return steps;
    }

    private boolean isUniform(Value tile) {
      Op op = definitions.get(tile);
      return op instanceof ShapeOp.Splat || op instanceof ElementwiseOp.Constant;
    }
  }

  /** A loop whose carried values are exchanged one by one. */
  private static final class LoopRewrite {
    private final ControlOp.For loop;
    private final Location loc;
    private final List<Value> params;
    private final List<Value> results;
    private final List<Value> inits;
    private final List<Value> yielded;
    private final List<Op> before = new ArrayList<>();
    private final List<Op> bodyStart = new ArrayList<>();
    private final List<Op> bodyEnd = new ArrayList<>();
    private final List<Op> after = new ArrayList<>();
    private boolean changed;

    LoopRewrite(ControlOp.For loop) {
      this.loop = loop;
      this.loc = loop.loc();
      this.params = new ArrayList<>(loop.body().params());
      this.results = new ArrayList<>(loop.results());
      this.inits = new ArrayList<>(loop.inits());
      this.yielded = new ArrayList<>(loop.body().terminator().operands());
    }

    void scalarize(int slot, List<Step> steps, Map<Value, Op> definitions) {
      changed = true;
      Value tile = params.get(slot + 1);
      Value result = results.get(slot);
      Type type = tile.type().isPointer() ? Type.scalar(DType.I64) : tile.type().element();
      String hint = tile.hint().isEmpty() ? "" : tile.hint() + "_offset";
      Value start = new Value(type);
      before.add(new ElementwiseOp.Constant(loc, start, 0L));
      Value offset = new Value(type, hint);
      moved(inits.get(slot), offset, tile, bodyStart);
      Value next = offset;
      for (Step step : steps.reversed()) {
        Value by = widened(scalarOf(definitions.get(step.by)), type);
        Value sum = new Value(type, hint);
        BinaryKind kind = step.subtract ? BinaryKind.SUB : BinaryKind.ADD;
        bodyEnd.add(new ElementwiseOp.Binary(loc, sum, kind, next, by));
        next = sum;
      }
      Value end = new Value(type, hint);
      moved(inits.get(slot), end, result, after);
      params.set(slot + 1, offset);
      inits.set(slot, start);
      yielded.set(slot, next);
      results.set(slot, end);
    }

    /** Defines a tile as another moved by a scalar. */
    private void moved(Value tile, Value offset, Value result, List<Op> out) {
      Value offsets = new Value(Type.tile(offset.type(), tile.shape()));
      out.add(new ShapeOp.Splat(loc, offsets, offset));
      out.add(
          tile.type().isPointer()
              ? new ElementwiseOp.AddPtr(loc, result, tile, offsets)
              : new ElementwiseOp.Binary(loc, result, BinaryKind.ADD, tile, offsets));
    }

    private Value scalarOf(Op uniform) {
      if (uniform instanceof ShapeOp.Splat splat) {
        return splat.operand();
      }
      var constant = (ElementwiseOp.Constant) uniform;
      Value scalar = new Value(constant.result().type().element());
      bodyEnd.add(new ElementwiseOp.Constant(loc, scalar, constant.value()));
      return scalar;
    }

    private Value widened(Value scalar, Type type) {
      if (scalar.type().equals(type)) {
        return scalar;
      }
      Value wide = new Value(type);
      bodyEnd.add(new ElementwiseOp.Cast(loc, wide, CastKind.EXTS, scalar));
      return wide;
    }

    void putInto(List<Op> out) {
      if (!changed) {
        out.add(loop);
        return;
      }
      var body = new ArrayList<Op>(bodyStart);
      body.addAll(loop.body().body());
      body.addAll(bodyEnd);
      body.add(new ControlOp.Yield(loop.body().terminator().loc(), yielded));
      out.addAll(before);
      out.add(
          new ControlOp.For(
              loc,
              results,
              loop.lower(),
              loop.upper(),
              loop.step(),
              loop.unsigned(),
              inits,
              new Block(params, body),
              loop.hints()));
      out.addAll(after);
    }
  }
}
