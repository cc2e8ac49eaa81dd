package dev.kiln.compiler.eval;

import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Value;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** From which parameters of a function each of its pointers may derive. */
final class PointerRoots {
  private final Map<Value, BitSet> roots = new HashMap<>();
  private final int unknown;
  private boolean changed;

  private PointerRoots(int unknown) {
    this.unknown = unknown;
  }

  static PointerRoots of(TileFunction function) {
    List<Value> params = function.body().params();
    var roots = new PointerRoots(params.size());
    for (int i = 0; i < params.size(); i++) {
      if (params.get(i).type().isPointer()) {
        roots.add(params.get(i), i);
      }
    }
    do {
      roots.changed = false;
      roots.visit(function.body());
    } while (roots.changed);
    return roots;
  }

  /** Indices of parameters. */
  BitSet paramsOf(Value pointer) {
    BitSet found = (BitSet) roots.getOrDefault(pointer, new BitSet()).clone();
    found.clear(unknown);
    return found;
  }

  /** Whether the pointer may derive from a number too. */
  boolean mayBeAnything(Value pointer) {
    return !roots.containsKey(pointer) || roots.get(pointer).get(unknown);
  }

  private void visit(Block block) {
    for (Op op : block.ops()) {
      visit(op);
    }
  }

  private void visit(Op op) {
    switch (op) {
      case ControlOp.For loop -> {
        flow(loop.inits(), loop.carried());
        flow(loop.body().terminator().operands(), loop.carried());
        flow(loop.inits(), loop.results());
        flow(loop.body().terminator().operands(), loop.results());
      }
      case ControlOp.While loop -> {
        List<Value> tested = loop.before().terminator().operands();
        List<Value> forwarded = tested.subList(1, tested.size());
        flow(loop.inits(), loop.before().params());
        flow(forwarded, loop.body().params());
        flow(forwarded, loop.results());
        flow(loop.body().terminator().operands(), loop.before().params());
      }
      case ControlOp.If branch -> {
        flow(branch.thenBlock().terminator().operands(), branch.results());
        flow(branch.elseBlock().terminator().operands(), branch.results());
      }
      case ElementwiseOp.Cast cast when !cast.operand().type().isPointer() -> {
        if (cast.result().type().isPointer()) {
          add(cast.result(), unknown);
        }
      }
      case ElementwiseOp.Constant constant -> {
        // A null pointer derives from nothing.
      }
      default -> flowAll(op);
    }
    op.blocks().forEach(this::visit);
  }

  private void flowAll(Op op) {
    for (Value operand : op.operands()) {
      op.results().forEach(result -> flow(operand, result));
      op.blocks().forEach(block -> block.params().forEach(param -> flow(operand, param)));
    }
  }

  private void flow(List<Value> from, List<Value> to) {
    for (int i = 0; i < from.size(); i++) {
      flow(from.get(i), to.get(i));
    }
  }

  private void flow(Value from, Value to) {
    if (from.type().isPointer() && to.type().isPointer() && roots.containsKey(from)) {
      roots.get(from).stream().forEach(root -> add(to, root));
    }
  }

  private void add(Value pointer, int root) {
    BitSet set = roots.computeIfAbsent(pointer, p -> new BitSet());
    if (!set.get(root)) {
      set.set(root);
      changed = true;
    }
  }
}
