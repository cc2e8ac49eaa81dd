package dev.kiln.compiler.transform.rewrite;

import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.List;

/** Control flow with fewer results and carried values. What is dropped must have no uses left. */
public final class Slots {
  private Slots() {}

  /** The items at the given positions. */
  public static <T> List<T> pick(List<T> items, List<Integer> kept) {
    var picked = new ArrayList<T>(kept.size());
    for (int i : kept) {
      picked.add(items.get(i));
    }
    return picked;
  }

  public static ControlOp.If keep(ControlOp.If op, List<Integer> kept) {
    return new ControlOp.If(
        op.loc(),
        pick(op.results(), kept),
        op.condition(),
        yielding(op.thenBlock(), op.thenBlock().params(), kept),
        yielding(op.elseBlock(), op.elseBlock().params(), kept));
  }

  public static ControlOp.For keep(ControlOp.For op, List<Integer> kept) {
    var params = new ArrayList<Value>();
    params.add(op.induction());
    params.addAll(pick(op.carried(), kept));
    return new ControlOp.For(
        op.loc(),
        pick(op.results(), kept),
        op.lower(),
        op.upper(),
        op.step(),
        op.unsigned(),
        pick(op.inits(), kept),
        yielding(op.body(), params, kept),
        op.hints());
  }

  /** The block with other parameters, yielding only what is kept. */
  private static Block yielding(Block block, List<Value> params, List<Integer> kept) {
    var ops = new ArrayList<Op>(block.body());
    Op end = block.terminator();
    ops.add(new ControlOp.Yield(end.loc(), pick(end.operands(), kept)));
    return new Block(params, ops);
  }
}
