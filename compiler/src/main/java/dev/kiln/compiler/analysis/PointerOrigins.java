package dev.kiln.compiler.analysis;

import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Value;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * From which parameters the pointers of a function derive. Two parameters may point into one
 * buffer, so this tells which argument an access belongs to, not that two accesses are apart.
 */
public final class PointerOrigins {
  private final Map<Value, BitSet> origins = new HashMap<>();
  private final int unknown;
  private boolean changed;

  private PointerOrigins(TileFunction function) {
    unknown = function.params().size();
    for (int i = 0; i < function.params().size(); i++) {
      Value value = function.params().get(i).value();
      if (value.type().isPointer()) {
        origins.put(value, bit(i));
      }
    }
  }

  public static PointerOrigins of(TileFunction function) {
    var origins = new PointerOrigins(function);
    do {
      origins.changed = false;
      origins.block(function.body());
    } while (origins.changed);
    return origins;
  }

  private static BitSet bit(int index) {
    var set = new BitSet();
    set.set(index);
    return set;
  }

  /**
   * Indices of the parameters that a pointer, or a tile of them, may derive from. Empty if that is
   * not known: the pointer was made of an integer.
   */
  public List<Integer> params(Value pointer) {
    BitSet set = origins.get(pointer);
    return set == null || set.get(unknown) ? List.of() : set.stream().boxed().toList();
  }

  private void block(Block block) {
    block.ops().forEach(this::op);
  }

  private void op(Op op) {
    switch (op) {
      case ControlOp.For loop -> {
        flow(loop.inits(), loop.carried());
        block(loop.body());
        flow(loop.body().terminator().operands(), loop.carried());
        flow(loop.carried(), loop.results());
      }
      case ControlOp.While loop -> {
        flow(loop.inits(), loop.before().params());
        block(loop.before());
        List<Value> forwarded =
            loop.before().terminator().operands().subList(1, loop.results().size() + 1);
        flow(forwarded, loop.body().params());
        flow(forwarded, loop.results());
        block(loop.body());
        flow(loop.body().terminator().operands(), loop.before().params());
      }
      case ControlOp.If branch -> {
        block(branch.thenBlock());
        block(branch.elseBlock());
        flow(branch.thenBlock().terminator().operands(), branch.results());
        flow(branch.elseBlock().terminator().operands(), branch.results());
      }
      case ElementwiseOp.Cast cast -> derived(cast, List.of(cast.operand()));
      case ElementwiseOp.AddPtr add -> derived(add, List.of(add.pointer()));
      case ElementwiseOp.Select select ->
          derived(select, List.of(select.whenTrue(), select.whenFalse()));
      case ElementwiseOp.Hint hint -> derived(hint, hint.operands());
      case ShapeOp.Gather gather -> derived(gather, List.of(gather.source()));
      case ShapeOp shape -> derived(shape, shape.operands());
      default -> derived(op, List.of());
    }
  }

  private void derived(Op op, List<Value> sources) {
    for (Value result : op.results()) {
      if (result.type().isPointer()) {
        for (Value source : sources) {
          merge(result, source);
        }
        if (!origins.containsKey(result)) {
          origins.put(result, bit(unknown));
        }
      }
    }
  }

  private void flow(List<Value> from, List<Value> to) {
    for (int i = 0; i < to.size(); i++) {
      if (to.get(i).type().isPointer()) {
        merge(to.get(i), from.get(i));
      }
    }
  }

  private void merge(Value into, Value from) {
    BitSet more = from.type().isPointer() ? origins.getOrDefault(from, new BitSet()) : bit(unknown);
    BitSet present = origins.computeIfAbsent(into, v -> new BitSet());
    int before = present.cardinality();
    present.or(more);
    changed |= present.cardinality() != before;
  }
}
