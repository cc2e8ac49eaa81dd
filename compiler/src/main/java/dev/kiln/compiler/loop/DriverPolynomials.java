package dev.kiln.compiler.loop;

import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.ir.Value;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Driver scalars as {@link Polynomial}s of what they are made from. Pointers count in elements. As
 * everywhere in the lowering, index expressions are taken not to wrap around.
 */
final class DriverPolynomials {
  private static final int MOST_SHIFTED = 62;

  private final Map<Value, ElementwiseOp> definitions = new HashMap<>();
  private final Map<Value, Polynomial> known = new HashMap<>();

  DriverPolynomials(List<LoopStmt> body) {
    StmtCode.visit(
        body,
        statement -> {
          if (statement instanceof LoopStmt.Scalar s && s.op() instanceof ElementwiseOp op) {
            definitions.put(op.result(), op);
          }
        });
  }

  Polynomial of(Value value) {
    Polynomial polynomial = known.get(value);
    if (polynomial == null) {
      polynomial = compute(value);
      known.put(value, polynomial);
    }
    return polynomial;
  }

  private Polynomial compute(Value value) {
    Polynomial sum =
        switch (definitions.get(value)) {
          case ElementwiseOp.Constant c when value.dtype().isInteger() ->
              Polynomial.of(c.value().longValue());
          case ElementwiseOp.Binary b -> binary(b);
          case ElementwiseOp.Unary u when u.kind() == UnaryKind.NEG && value.dtype().isInteger() ->
              Polynomial.of(0).minus(of(u.operand()));
          case ElementwiseOp.Cast c when c.kind() == CastKind.EXTS -> of(c.operand());
          case ElementwiseOp.AddPtr a -> of(a.pointer()).plus(of(a.offset()));
          case ElementwiseOp.Hint h -> of(h.operand());
          case null, default -> Polynomial.of(value);
        };
    return sum.isTooLong() ? Polynomial.of(value) : sum;
  }

  private Polynomial binary(ElementwiseOp.Binary op) {
    Value result = op.result();
    if (!result.dtype().isInteger()) {
      return Polynomial.of(result);
    }
    Polynomial left = of(op.left());
    Polynomial right = of(op.right());
    return switch (op.kind()) {
      case ADD -> left.plus(right);
      case SUB -> left.minus(right);
      case MUL -> left.times(right);
      case SHL -> shifted(op, left, right);
      default -> Polynomial.of(result);
    };
  }

  private static Polynomial shifted(ElementwiseOp.Binary op, Polynomial left, Polynomial distance) {
    long bits = distance.terms().getOrDefault(Map.of(), 0L);
    boolean isKnown = distance.equals(Polynomial.of(bits)) && bits >= 0 && bits <= MOST_SHIFTED;
    return isKnown && op.kind() == BinaryKind.SHL
        ? left.times(Polynomial.of(1L << bits))
        : Polynomial.of(op.result());
  }
}
