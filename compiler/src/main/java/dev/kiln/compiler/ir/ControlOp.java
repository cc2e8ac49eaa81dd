package dev.kiln.compiler.ir;

import dev.kiln.compiler.diagnostics.Location;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;

/** Structured control flow and terminators. */
public sealed interface ControlOp extends Op {
  /**
   * {@code for (iv = lower; iv < upper; iv += step)} with a positive step. The body's parameters
   * are the induction variable, then the carried values; it yields the next carried values. Results
   * are the carried values after the last iteration.
   */
  record For(
      Location loc,
      List<Value> results,
      Value lower,
      Value upper,
      Value step,
      boolean unsigned,
      List<Value> inits,
      Block body,
      LoopHints hints)
      implements ControlOp {
    public For {
      results = List.copyOf(results);
      inits = List.copyOf(inits);
    }

    @Override
    public String mnemonic() {
      return "for";
    }

    @Override
    public List<Value> operands() {
      var operands = new ArrayList<Value>(inits.size() + 3);
      operands.add(lower);
      operands.add(upper);
      operands.add(step);
      operands.addAll(inits);
      return Collections.unmodifiableList(operands);
    }

    @Override
    public List<Block> blocks() {
      return List.of(body);
    }

    public Value induction() {
      return body.params().getFirst();
    }

    /** The body's parameters after the induction variable. */
    public List<Value> carried() {
      return body.params().subList(1, body.params().size());
    }

    @Override
    public For rewrite(Rewriter r) {
      return new For(
          loc,
          r.define(results),
          r.use(lower),
          r.use(upper),
          r.use(step),
          unsigned,
          r.use(inits),
          r.block(body),
          hints);
    }
  }

  /**
   * {@code while}: the first block takes the carried values and ends in a {@link Condition}; while
   * that is true, the second block takes the forwarded values and yields the next carried ones.
   * Results are the values forwarded when the condition was false.
   */
  record While(Location loc, List<Value> results, List<Value> inits, Block before, Block body)
      implements ControlOp {
    public While {
      results = List.copyOf(results);
      inits = List.copyOf(inits);
    }

    @Override
    public String mnemonic() {
      return "while";
    }

    @Override
    public List<Value> operands() {
      return inits;
    }

    @Override
    public List<Block> blocks() {
      return List.of(before, body);
    }

    @Override
    public While rewrite(Rewriter r) {
      return new While(loc, r.define(results), r.use(inits), r.block(before), r.block(body));
    }
  }

  /** Both blocks take no parameters and yield the results. The condition is a scalar {@code i1}. */
  record If(Location loc, List<Value> results, Value condition, Block thenBlock, Block elseBlock)
      implements ControlOp {
    public If {
      results = List.copyOf(results);
    }

    @Override
    public String mnemonic() {
      return "if";
    }

    @Override
    public List<Value> operands() {
      return List.of(condition);
    }

    @Override
    public List<Block> blocks() {
      return List.of(thenBlock, elseBlock);
    }

    @Override
    public If rewrite(Rewriter r) {
      return new If(
          loc, r.define(results), r.use(condition), r.block(thenBlock), r.block(elseBlock));
    }
  }

  /** Ends a nested block with its values. */
  record Yield(Location loc, List<Value> operands) implements ControlOp {
    public Yield {
      operands = List.copyOf(operands);
    }

    @Override
    public String mnemonic() {
      return "yield";
    }

    @Override
    public List<Value> results() {
      return List.of();
    }

    @Override
    public Yield rewrite(Rewriter r) {
      return new Yield(loc, r.use(operands));
    }
  }

  /** Ends the first block of a {@link While}. */
  record Condition(Location loc, Value condition, List<Value> forwarded) implements ControlOp {
    public Condition {
      forwarded = List.copyOf(forwarded);
    }

    @Override
    public String mnemonic() {
      return "condition";
    }

    @Override
    public List<Value> operands() {
      var operands = new ArrayList<Value>(forwarded.size() + 1);
      operands.add(condition);
      operands.addAll(forwarded);
      return Collections.unmodifiableList(operands);
    }

    @Override
    public List<Value> results() {
      return List.of();
    }

    @Override
    public Condition rewrite(Rewriter r) {
      return new Condition(loc, r.use(condition), r.use(forwarded));
    }
  }

  /** Ends a kernel. */
  record Return(Location loc) implements ControlOp {
    @Override
    public String mnemonic() {
      return "return";
    }

    @Override
    public List<Value> operands() {
      return List.of();
    }

    @Override
    public List<Value> results() {
      return List.of();
    }

    @Override
    public Return rewrite(Rewriter r) {
      return this;
    }
  }

  /**
   * What {@code tl.range} says about a loop; hints, except that {@code unrollFactor} is carried out
   * by the unroller.
   */
  record LoopHints(
      OptionalInt numStages,
      OptionalInt unrollFactor,
      boolean flatten,
      boolean warpSpecialize,
      boolean disableLicm) {
    public static final LoopHints NONE =
        new LoopHints(OptionalInt.empty(), OptionalInt.empty(), false, false, false);
  }
}
