package dev.kiln.compiler.ir;

import dev.kiln.compiler.diagnostics.Location;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Operations in which elements at different indices meet. */
public sealed interface ComputeOp extends Op {
  /** Whether it may be removed when unused: true unless a nested block has effects. */
  default boolean isPureCompute() {
    return blocks().stream()
        .allMatch(
            block ->
                block.body().stream().allMatch(op -> op.isPure() || op instanceof ControlOp.If));
  }

  /**
   * Matrix product {@code a (.. x M x K) * b (.. x K x N) + acc (.. x M x N)}, rank 2, or 3 with a
   * batch in front. Products of {@code i8} are summed in {@code i32}, of floats in the
   * accumulator's type (fp16 and bf16 operands are widened exactly first; an fp16 accumulator is
   * kept in fp32 and rounded at the end).
   *
   * @param signedA whether an integer {@code a} is signed
   */
  record Dot(
      Location loc,
      Value result,
      Value a,
      Value b,
      Value acc,
      Precision precision,
      boolean signedA,
      boolean signedB)
      implements ComputeOp {
    @Override
    public String mnemonic() {
      return "dot";
    }

    @Override
    public List<Value> operands() {
      return List.of(a, b, acc);
    }

    @Override
    public List<Value> results() {
      return List.of(result);
    }

    @Override
    public Dot rewrite(Rewriter r) {
      return new Dot(
          loc, r.define(result), r.use(a), r.use(b), r.use(acc), precision, signedA, signedB);
    }
  }

  /**
   * Combines along an axis, which disappears (rank 1 gives scalars). The combine block takes two
   * elements of each input (first all of the left side, then all of the right) and yields one of
   * each; it is associative and commutative up to rounding. All inputs have one shape.
   */
  record Reduce(Location loc, List<Value> results, List<Value> inputs, int axis, Block combine)
      implements ComputeOp {
    public Reduce {
      results = List.copyOf(results);
      inputs = List.copyOf(inputs);
    }

    @Override
    public String mnemonic() {
      return "reduce";
    }

    @Override
    public List<Value> operands() {
      return inputs;
    }

    @Override
    public List<Block> blocks() {
      return List.of(combine);
    }

    @Override
    public Reduce rewrite(Rewriter r) {
      return new Reduce(loc, r.define(results), r.use(inputs), axis, r.block(combine));
    }

    /**
     * The operation, if the block does nothing but one {@link ElementwiseOp.Binary} of its two
     * parameters.
     */
    public Optional<BinaryKind> simpleKind() {
      return combine.ops().size() == 2
              && combine.ops().getFirst() instanceof ElementwiseOp.Binary binary
              && combine.terminator().operands().equals(List.of(binary.result()))
              && binary.operands().equals(combine.params())
          ? Optional.of(binary.kind())
          : Optional.empty();
    }
  }

  /**
   * Running combination along an axis, from the first element to the last or in reverse; each
   * result has its input's type. The left parameters are the running side.
   */
  record Scan(
      Location loc,
      List<Value> results,
      List<Value> inputs,
      int axis,
      boolean reverse,
      Block combine)
      implements ComputeOp {
    public Scan {
      results = List.copyOf(results);
      inputs = List.copyOf(inputs);
    }

    @Override
    public String mnemonic() {
      return "scan";
    }

    @Override
    public List<Value> operands() {
      return inputs;
    }

    @Override
    public List<Block> blocks() {
      return List.of(combine);
    }

    @Override
    public Scan rewrite(Rewriter r) {
      return new Scan(loc, r.define(results), r.use(inputs), axis, reverse, r.block(combine));
    }
  }

  /**
   * Runs a scalar block for groups of {@code pack} neighbouring elements in row-major order. The
   * block takes {@code pack} scalars of each input (all of the first input first) and yields {@code
   * pack} of each result.
   */
  record MapElementwise(Location loc, List<Value> results, List<Value> inputs, int pack, Block body)
      implements ComputeOp {
    public MapElementwise {
      results = List.copyOf(results);
      inputs = List.copyOf(inputs);
    }

    @Override
    public String mnemonic() {
      return "map_elementwise";
    }

    @Override
    public List<Value> operands() {
      return inputs;
    }

    @Override
    public List<Block> blocks() {
      return List.of(body);
    }

    @Override
    public MapElementwise rewrite(Rewriter r) {
      return new MapElementwise(loc, r.define(results), r.use(inputs), pack, r.block(body));
    }
  }

  /**
   * A text of PTX, run for groups of {@code pack} elements of each input; scalars give scalars. The
   * text names registers {@code $0}, {@code $1} and so on, results first; elements of less than 32
   * bits lie beside each other in one, the first lowest. Which elements make a group is open.
   * Inputs and results have one shape. Only GPUs run it.
   *
   * @param isPure whether it does nothing but compute its results
   */
  record InlineAsm(
      Location loc,
      List<Value> results,
      List<Value> inputs,
      String text,
      AsmConstraints constraints,
      int pack,
      boolean isPure)
      implements ComputeOp {
    public InlineAsm {
      results = List.copyOf(results);
      inputs = List.copyOf(inputs);
    }

    @Override
    public String mnemonic() {
      return "inline_asm";
    }

    @Override
    public List<Value> operands() {
      return inputs;
    }

    @Override
    public boolean isPureCompute() {
      return isPure;
    }

    @Override
    public InlineAsm rewrite(Rewriter r) {
      return new InlineAsm(loc, r.define(results), r.use(inputs), text, constraints, pack, isPure);
    }
  }

  /**
   * Counts the elements of an {@code i32} tile of rank 1 in bins 0 to n - 1; elements outside, or
   * whose mask is false, do not count. The result is {@code i32}.
   */
  record Histogram(Location loc, Value result, Value operand, Optional<Value> mask)
      implements ComputeOp {
    @Override
    public String mnemonic() {
      return "histogram";
    }

    @Override
    public List<Value> operands() {
      return Op.operandList(List.of(operand), mask);
    }

    @Override
    public List<Value> results() {
      return List.of(result);
    }

    @Override
    public Histogram rewrite(Rewriter r) {
      return new Histogram(loc, r.define(result), r.use(operand), r.use(mask));
    }
  }

  /**
   * {@code input_precision} of a {@link Dot} of fp32: how a tensor core may approximate it. The CPU
   * and the evaluator always compute {@link #IEEE}.
   */
  enum Precision {
    TF32,
    TF32X3,
    IEEE,
    BF16X3,
    BF16X6;

    public String mnemonic() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
