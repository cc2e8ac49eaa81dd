package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.FrontContext;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.syntax.Expr.BinaryOp;
import dev.kiln.compiler.syntax.Expr.CompareOp;
import java.util.function.BinaryOperator;

/** Operators of which at least one side exists when the kernel runs. */
public final class Arithmetic {
  private Arithmetic() {}

  /** Both sides in one type and shape, ready for an operation. */
  record Pair(Tensor left, Tensor right) {
    DType dtype() {
      return left.type().dtype();
    }
  }

  /** {@code left op right}. */
  static Tensor binary(FrontContext ctx, BinaryOp op, Operand left, Operand right) {
    if (left.isPointer() || right.isPointer()) {
      return pointer(ctx, op, left, right);
    }
    return switch (op) {
      case ADD -> number(ctx, pair(ctx, left, right, false), BinaryKind.ADD);
      case SUB -> number(ctx, pair(ctx, left, right, false), BinaryKind.SUB);
      case MUL -> number(ctx, pair(ctx, left, right, false), BinaryKind.MUL);
      case DIV -> divide(ctx, left, right);
      case FLOOR_DIV -> floorDivide(ctx, left, right);
      case MOD -> remainder(ctx, left, right);
      case BIT_AND -> number(ctx, integers(ctx, op, left, right), BinaryKind.AND);
      case BIT_OR -> number(ctx, integers(ctx, op, left, right), BinaryKind.OR);
      case BIT_XOR -> number(ctx, integers(ctx, op, left, right), BinaryKind.XOR);
      case SHL -> number(ctx, integers(ctx, op, left, right), BinaryKind.SHL);
      case SHR -> shiftRight(ctx, left, right);
      case POW ->
          throw ctx.error(
              "** takes compile-time constants only, got %s and %s"
                  .formatted(left.display(ctx), right.display(ctx)),
              "write x * x, or call libdevice.pow(x, y)");
      case MAT_MUL ->
          throw ctx.error("the operator @ is not part of the language", "write tl.dot(a, b)");
    };
  }

  /** Both sides in the type of a computation and in their common shape. */
  static Pair pair(FrontContext ctx, Operand left, Operand right, boolean division) {
    if (left.isPointer() || right.isPointer()) {
      throw invalidOperands(ctx, left, right);
    }
    DType dtype =
        Promotion.computation(
            ctx, left.dtype(ctx), left.isLiteral(), right.dtype(ctx), right.isLiteral(), division);
    return in(ctx, dtype, left, right);
  }

  private static Pair in(FrontContext ctx, DType dtype, Operand left, Operand right) {
    Shape shape = Broadcasting.common(ctx, left.shape(), right.shape());
    return new Pair(left.as(ctx, dtype, shape), right.as(ctx, dtype, shape));
  }

  static RuntimeException invalidOperands(FrontContext ctx, Operand left, Operand right) {
    return ctx.error(
        "invalid operands of type %s and %s".formatted(left.display(ctx), right.display(ctx)));
  }

  /** An operation on numbers of one type; {@code int1} has no carry. */
  static Tensor number(FrontContext ctx, Pair pair, BinaryKind kind) {
    BinaryKind chosen = kind;
    if (pair.dtype().isBool()) {
      chosen =
          switch (kind) {
            case ADD, SUB -> BinaryKind.XOR;
            case MUL -> BinaryKind.AND;
            default -> kind;
          };
    }
    return emit(ctx, pair, chosen);
  }

  /** fp8 has no arithmetic: it is done in fp32 and rounded once. */
  private static Tensor emit(FrontContext ctx, Pair pair, BinaryKind kind) {
    if (pair.dtype().isFp8()) {
      Pair wide = widen(ctx, pair);
      return Casting.number(ctx, emit(ctx, wide, kind), pair.dtype());
    }
    Value value = ctx.builder().binary(kind, pair.left().value(), pair.right().value());
    return new Tensor(value, pair.left().type());
  }

  private static Pair widen(FrontContext ctx, Pair pair) {
    return new Pair(
        Casting.number(ctx, pair.left(), DType.FP32),
        Casting.number(ctx, pair.right(), DType.FP32));
  }

  // ---- division

  private static Tensor divide(FrontContext ctx, Operand left, Operand right) {
    Pair pair = pair(ctx, left, right, true);
    if (pair.dtype().isInteger()) {
      pair = widen(ctx, pair);
    }
    return emit(ctx, pair, BinaryKind.DIV);
  }

  private static Tensor floorDivide(FrontContext ctx, Operand left, Operand right) {
    Pair pair = pair(ctx, left, right, true);
    if (pair.dtype().isFloat()) {
      throw ctx.error(
          "// divides integers, got %s and %s".formatted(left.display(ctx), right.display(ctx)),
          "write tl.floor(x / y)");
    }
    // C's division, towards zero, unlike Python's: dynamic values follow C.
    return emit(ctx, pair, pair.dtype().isSigned() ? BinaryKind.DIVS : BinaryKind.DIVU);
  }

  private static Tensor remainder(FrontContext ctx, Operand left, Operand right) {
    Pair pair = pair(ctx, left, right, true);
    if (pair.dtype().isFloat()) {
      return emit(ctx, pair, BinaryKind.REM);
    }
    return emit(ctx, pair, pair.dtype().isSigned() ? BinaryKind.REMS : BinaryKind.REMU);
  }

  // ---- bits

  private static Pair integers(FrontContext ctx, BinaryOp op, Operand left, Operand right) {
    Pair pair = pair(ctx, left, right, false);
    if (pair.dtype().isFloat()) {
      throw ctx.error(
          "%s takes integers, got %s and %s"
              .formatted(op.symbol(), left.display(ctx), right.display(ctx)),
          "to work on a float's bits, cast it with .to(tl.int32, bitcast=True)");
    }
    return pair;
  }

  private static Tensor shiftRight(FrontContext ctx, Operand left, Operand right) {
    Pair pair = integers(ctx, BinaryOp.SHR, left, right);
    // Triton's rule: the sign of the tensor that is shifted decides, not the common type's.
    DType decides = (left.isLiteral() ? right : left).dtype(ctx);
    return emit(ctx, pair, decides.isSigned() ? BinaryKind.SHRS : BinaryKind.SHRU);
  }

  // ---- pointers

  private static Tensor pointer(FrontContext ctx, BinaryOp op, Operand left, Operand right) {
    boolean leftPointer = left.isPointer();
    if (leftPointer && right.isPointer()) {
      if (op == BinaryOp.ADD) {
        throw ctx.error("cannot add pointers together");
      }
      throw invalidOperands(ctx, left, right);
    }
    Operand offset = leftPointer ? right : left;
    boolean allowed = op == BinaryOp.ADD || (op == BinaryOp.SUB && leftPointer);
    if (!allowed || offset.dtype(ctx).isFloat()) {
      throw invalidOperands(ctx, left, right);
    }
    Tensor pointer = (leftPointer ? left : right).tensor(ctx);
    return addPointer(ctx, pointer, offset.tensor(ctx), op == BinaryOp.SUB);
  }

  private static Tensor addPointer(
      FrontContext ctx, Tensor pointer, Tensor offset, boolean negate) {
    Tensor index = offsetIndex(ctx, offset);
    if (negate) {
      index = withValue(index, ctx.builder().unary(UnaryKind.NEG, index.value()));
    }
    return addPointer(ctx, pointer, index);
  }

  /** {@code pointer + offset}, the offset counted in elements, in their common shape. */
  static Tensor addPointer(FrontContext ctx, Tensor pointer, Tensor offset) {
    Tensor index = offsetIndex(ctx, offset);
    Shape shape = Broadcasting.common(ctx, pointer.type().shape(), index.type().shape());
    Tensor base = Broadcasting.leading(ctx, pointer, shape);
    Tensor shift = Broadcasting.leading(ctx, index, shape);
    return withValue(base, ctx.builder().addPtr(base.value(), shift.value()));
  }

  /**
   * Offsets are signed: {@code int32} or {@code int64}. Unsigned ones are widened with zeros, so
   * that they stay positive. The arithmetic that made an {@code int32} offset wraps at 32 bits.
   */
  private static Tensor offsetIndex(FrontContext ctx, Tensor offset) {
    return switch (offset.type().dtype()) {
      case I32, I64 -> offset;
      case I8, I16 -> Casting.number(ctx, offset, DType.I32);
      default -> Casting.number(ctx, offset, DType.I64);
    };
  }

  // ---- comparisons

  /** {@code left op right} as {@code int1}, for the six ordering operators. */
  static Tensor compare(FrontContext ctx, CompareOp op, Operand left, Operand right) {
    if (left.isPointer() && right.isPointer() && sameType(left, right)) {
      Shape shape = Broadcasting.common(ctx, left.shape(), right.shape());
      Tensor a = Broadcasting.leading(ctx, left.tensor(ctx), shape);
      Tensor b = Broadcasting.leading(ctx, right.tensor(ctx), shape);
      return compare(ctx, kind(op, false), a, b);
    }
    Pair pair = pair(ctx, left, right, false);
    if (pair.dtype().isFp8()) {
      pair = widen(ctx, pair);
    }
    boolean signed = pair.dtype().isFloat() || pair.dtype().isSigned();
    return compare(ctx, kind(op, signed), pair.left(), pair.right());
  }

  private static boolean sameType(Operand left, Operand right) {
    return left instanceof Operand.Run a
        && right instanceof Operand.Run b
        && a.tensor().type().irType().element().equals(b.tensor().type().irType().element());
  }

  static Tensor compare(FrontContext ctx, CompareKind kind, Tensor left, Tensor right) {
    Value value = ctx.builder().compare(kind, left.value(), right.value());
    return new Tensor(value, left.type().withDType(DType.I1));
  }

  private static CompareKind kind(CompareOp op, boolean signed) {
    return switch (op) {
      case EQ -> CompareKind.EQ;
      case NE -> CompareKind.NE;
      case LT -> signed ? CompareKind.LT : CompareKind.ULT;
      case LE -> signed ? CompareKind.LE : CompareKind.ULE;
      case GT -> signed ? CompareKind.GT : CompareKind.UGT;
      case GE -> signed ? CompareKind.GE : CompareKind.UGE;
      case IS, IS_NOT, IN, NOT_IN ->
          throw new IllegalArgumentException(op.symbol() + " does not order");
    };
  }

  // ---- one operand

  /** {@code -value}. A float's sign bit flips, so that {@code -(0.0)} is {@code -0.0}. */
  static Tensor negate(FrontContext ctx, Tensor value) {
    if (value.type().isPointer()) {
      throw ctx.error("unary - does not apply to " + value.type());
    }
    if (value.type().dtype().isBool()) {
      return value;
    }
    return withValue(value, ctx.builder().unary(UnaryKind.NEG, value.value()));
  }

  /** {@code ~value}, for integers. */
  static Tensor invert(FrontContext ctx, Tensor value) {
    if (value.type().isPointer() || value.type().dtype().isFloat()) {
      throw ctx.error("unary ~ takes integers, got " + value.type());
    }
    return withValue(value, ctx.builder().unary(UnaryKind.NOT, value.value()));
  }

  /** {@code value and value}, {@code or}, of {@code int1} operands in their common shape. */
  static Tensor logical(FrontContext ctx, boolean isAnd, Tensor left, Tensor right) {
    Shape shape = Broadcasting.common(ctx, left.type().shape(), right.type().shape());
    BinaryOperator<Value> emit =
        (a, b) -> ctx.builder().binary(isAnd ? BinaryKind.AND : BinaryKind.OR, a, b);
    Tensor a = Broadcasting.leading(ctx, left, shape);
    Tensor b = Broadcasting.leading(ctx, right, shape);
    return withValue(a, emit.apply(a.value(), b.value()));
  }

  /** A value of the same type. */
  static Tensor withValue(Tensor like, Value value) {
    return new Tensor(value, like.type());
  }
}
