package dev.kiln.compiler.ir;

import dev.kiln.compiler.diagnostics.Location;
import java.util.List;

/**
 * Operations whose result at an index depends on the operands at the same index alone. All tile
 * operands and the result have one shape; scalars are the case of rank 0. Pure. Operands are never
 * implicitly broadcast: see {@link ShapeOp.Splat} and {@link ShapeOp.Broadcast}.
 */
public sealed interface ElementwiseOp extends Op {
  Value result();

  @Override
  default List<Value> results() {
    return List.of(result());
  }

  /**
   * A number; where the result is a tile, every element is that number.
   *
   * @param value a {@link Long} (sign-extended; {@code i1}: 0 or 1) for integers and pointers, a
   *     {@link Double} that the dtype holds exactly for floats
   */
  record Constant(Location loc, Value result, Number value) implements ElementwiseOp {
    @Override
    public String mnemonic() {
      return "constant";
    }

    @Override
    public List<Value> operands() {
      return List.of();
    }

    @Override
    public Constant rewrite(Rewriter r) {
      return new Constant(loc, r.define(result), value);
    }
  }

  record Unary(Location loc, Value result, UnaryKind kind, Value operand) implements ElementwiseOp {
    @Override
    public String mnemonic() {
      return kind.mnemonic();
    }

    @Override
    public List<Value> operands() {
      return List.of(operand);
    }

    @Override
    public Unary rewrite(Rewriter r) {
      return new Unary(loc, r.define(result), kind, r.use(operand));
    }
  }

  /** Both operands and the result have one type. */
  record Binary(Location loc, Value result, BinaryKind kind, Value left, Value right)
      implements ElementwiseOp {
    @Override
    public String mnemonic() {
      return kind.mnemonic();
    }

    @Override
    public List<Value> operands() {
      return List.of(left, right);
    }

    @Override
    public Binary rewrite(Rewriter r) {
      return new Binary(loc, r.define(result), kind, r.use(left), r.use(right));
    }
  }

  /** The operands have one type (numbers or pointers), the result is {@code i1} of their shape. */
  record Compare(Location loc, Value result, CompareKind kind, Value left, Value right)
      implements ElementwiseOp {
    @Override
    public String mnemonic() {
      return "cmp";
    }

    @Override
    public List<Value> operands() {
      return List.of(left, right);
    }

    @Override
    public Compare rewrite(Rewriter r) {
      return new Compare(loc, r.define(result), kind, r.use(left), r.use(right));
    }
  }

  /** {@code a * b + c} of floats, rounded once. */
  record Fma(Location loc, Value result, Value a, Value b, Value c) implements ElementwiseOp {
    @Override
    public String mnemonic() {
      return "fma";
    }

    @Override
    public List<Value> operands() {
      return List.of(a, b, c);
    }

    @Override
    public Fma rewrite(Rewriter r) {
      return new Fma(loc, r.define(result), r.use(a), r.use(b), r.use(c));
    }
  }

  /**
   * {@code condition ? whenTrue : whenFalse}, element by element; the condition is {@code i1} of
   * the result's shape.
   */
  record Select(Location loc, Value result, Value condition, Value whenTrue, Value whenFalse)
      implements ElementwiseOp {
    @Override
    public String mnemonic() {
      return "select";
    }

    @Override
    public List<Value> operands() {
      return List.of(condition, whenTrue, whenFalse);
    }

    @Override
    public Select rewrite(Rewriter r) {
      return new Select(loc, r.define(result), r.use(condition), r.use(whenTrue), r.use(whenFalse));
    }
  }

  record Cast(Location loc, Value result, CastKind kind, Value operand) implements ElementwiseOp {
    @Override
    public String mnemonic() {
      return kind.mnemonic();
    }

    @Override
    public List<Value> operands() {
      return List.of(operand);
    }

    @Override
    public Cast rewrite(Rewriter r) {
      return new Cast(loc, r.define(result), kind, r.use(operand));
    }
  }

  /**
   * {@code pointer + offset * sizeof(pointee)}; the offset is {@code i32} (sign-extended) or {@code
   * i64} of the same shape.
   */
  record AddPtr(Location loc, Value result, Value pointer, Value offset) implements ElementwiseOp {
    @Override
    public String mnemonic() {
      return "addptr";
    }

    @Override
    public List<Value> operands() {
      return List.of(pointer, offset);
    }

    @Override
    public AddPtr rewrite(Rewriter r) {
      return new AddPtr(loc, r.define(result), r.use(pointer), r.use(offset));
    }
  }

  /**
   * The operand itself, with a promise of the author about it ({@code tl.multiple_of} and its kin).
   *
   * @param values one number for each axis
   */
  record Hint(Location loc, Value result, HintKind kind, List<Integer> values, Value operand)
      implements ElementwiseOp {
    @Override
    public String mnemonic() {
      return "hint";
    }

    @Override
    public List<Value> operands() {
      return List.of(operand);
    }

    @Override
    public Hint rewrite(Rewriter r) {
      return new Hint(loc, r.define(result), kind, values, r.use(operand));
    }
  }

  /** Program index along an axis 0 to 2, an {@code i32}. */
  record ProgramId(Location loc, Value result, int axis) implements ElementwiseOp {
    @Override
    public String mnemonic() {
      return "program_id";
    }

    @Override
    public List<Value> operands() {
      return List.of();
    }

    @Override
    public ProgramId rewrite(Rewriter r) {
      return new ProgramId(loc, r.define(result), axis);
    }
  }

  /** Number of programs along an axis 0 to 2, an {@code i32}. */
  record NumPrograms(Location loc, Value result, int axis) implements ElementwiseOp {
    @Override
    public String mnemonic() {
      return "num_programs";
    }

    @Override
    public List<Value> operands() {
      return List.of();
    }

    @Override
    public NumPrograms rewrite(Rewriter r) {
      return new NumPrograms(loc, r.define(result), axis);
    }
  }

  /** What a {@link Hint} promises. */
  enum HintKind {
    DIVISIBILITY,
    CONTIGUITY,
    CONSTANCY
  }
}
