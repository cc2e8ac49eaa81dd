package dev.kiln.compiler.frontend;

import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Substitution;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.List;

/**
 * Drops the carried values that a loop hands on unchanged: variables whose assignments stood in
 * branches that were left out at compile time.
 */
final class InvariantCarries {
  private final boolean[] keep;
  private final List<Value> inits;
  private final List<Value> parameters;
  private final Substitution replaced = new Substitution();

  /** For a loop whose body has these parameters and yields these values, position by position. */
  InvariantCarries(List<Value> inits, List<Value> parameters, List<Value> yields) {
    this.inits = inits;
    this.parameters = parameters;
    this.keep = new boolean[inits.size()];
    for (int i = 0; i < keep.length; i++) {
      keep[i] = yields.get(i) != parameters.get(i);
      if (!keep[i]) {
        replaced.replace(parameters.get(i), inits.get(i));
      }
    }
  }

  /** For a {@code while}: its test must hand on the values unchanged too. */
  static InvariantCarries ofWhile(
      List<Value> inits,
      List<Value> tested,
      List<Value> forwarded,
      List<Value> parameters,
      List<Value> yields) {
    var ends = new ArrayList<Value>();
    for (int i = 0; i < inits.size(); i++) {
      // Anything that is not the parameter itself says "changed".
      ends.add(forwarded.get(i) == tested.get(i) ? yields.get(i) : inits.get(i));
    }
    var plan = new InvariantCarries(inits, parameters, ends);
    for (int i = 0; i < inits.size(); i++) {
      if (!plan.keep[i]) {
        plan.replaced.replace(tested.get(i), inits.get(i));
      }
    }
    return plan;
  }

  /** Of a value for each position, those that remain carried. */
  List<Value> kept(List<Value> values) {
    var kept = new ArrayList<Value>();
    for (int i = 0; i < keep.length; i++) {
      if (keep[i]) {
        kept.add(values.get(i));
      }
    }
    return kept;
  }

  /** A fresh result for each carried value, the value before the loop for each other one. */
  List<Value> results() {
    var results = new ArrayList<Value>();
    for (int i = 0; i < keep.length; i++) {
      results.add(
          keep[i] ? new Value(inits.get(i).type(), parameters.get(i).hint()) : inits.get(i));
    }
    return results;
  }

  /**
   * The body without the dropped values.
   *
   * @param fixed how many parameters come before the carried ones
   */
  Block simplify(Block body, int fixed) {
    if (replaced.isEmpty()) {
      return body;
    }
    Block changed = replaced.deep(body);
    var parameters = new ArrayList<Value>(body.params().subList(0, fixed));
    parameters.addAll(kept(body.params().subList(fixed, body.params().size())));
    var yield = (ControlOp.Yield) changed.terminator();
    return ending(parameters, changed, new ControlOp.Yield(yield.loc(), kept(yield.operands())));
  }

  /** The condition block of a {@code while} without the dropped values. */
  Block simplifyTest(Block test) {
    if (replaced.isEmpty()) {
      return test;
    }
    Block changed = replaced.deep(test);
    var end = (ControlOp.Condition) changed.terminator();
    return ending(
        kept(test.params()),
        changed,
        new ControlOp.Condition(end.loc(), end.condition(), kept(end.forwarded())));
  }

  private static Block ending(List<Value> parameters, Block block, Op end) {
    var ops = new ArrayList<Op>(block.body());
    ops.add(end);
    return new Block(parameters, ops);
  }
}
