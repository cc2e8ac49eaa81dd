package dev.kiln.compiler.transform.rewrite;

import static dev.kiln.compiler.transform.rewrite.RewriteRule.rule;

import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.ir.Value;
import java.util.List;

/** Two casts in a row that are one or none. */
final class CastRules {
  static final List<RewriteRule<?>> RULES =
      List.of(
          rule("bitcast(x) to its own type -> x", ElementwiseOp.Cast.class, CastRules::toItself),
          rule("cast(cast(x)) -> cast(x)", ElementwiseOp.Cast.class, CastRules::twice),
          rule("extu(x) != 0 -> x for i1", ElementwiseOp.Compare.class, CastRules::truth));

  private CastRules() {}

  private static Value toItself(ElementwiseOp.Cast op, Rewriting in) {
    boolean same = op.operand().type().equals(op.result().type());
    return same && op.kind() == CastKind.BITCAST ? op.operand() : null;
  }

  /** A condition that went through an integer. */
  private static Value truth(ElementwiseOp.Compare op, Rewriting in) {
    var cast = in.definition(op.left(), ElementwiseOp.Cast.class);
    boolean wasCondition =
        cast != null
            && (cast.kind() == CastKind.EXTU || cast.kind() == CastKind.EXTS)
            && cast.operand().dtype() == DType.I1
            && in.isConstant(op.right(), 0);
    if (!wasCondition) {
      return null;
    }
    return switch (op.kind()) {
      case NE -> cast.operand();
      case EQ -> in.unary(UnaryKind.NOT, cast.operand());
      case LT, LE, GT, GE, ULT, ULE, UGT, UGE -> null;
    };
  }

  private static Value twice(ElementwiseOp.Cast op, Rewriting in) {
    var inner = in.definition(op.operand(), ElementwiseOp.Cast.class);
    if (inner == null) {
      return null;
    }
    Value x = inner.operand();
    Type to = op.result().type();
    boolean isInverse = x.type().equals(to);
    return switch (op.kind()) {
      case EXTS ->
          inner.kind() == CastKind.EXTS || inner.kind() == CastKind.EXTU
              ? in.cast(inner.kind(), x, to)
              : null;
      case EXTU -> inner.kind() == CastKind.EXTU ? in.cast(CastKind.EXTU, x, to) : null;
      case TRUNC -> truncated(inner, x, to, in);
      case FPEXT -> inner.kind() == CastKind.FPEXT ? in.cast(CastKind.FPEXT, x, to) : null;
      case FPTRUNC, FPTRUNC_RTZ -> {
        if (inner.kind() != CastKind.FPEXT) {
          yield null;
        }
        boolean narrower = to.dtype().bits() < x.dtype().bits();
        yield isInverse ? x : narrower ? in.cast(op.kind(), x, to) : null;
      }
      case SITOFP ->
          switch (inner.kind()) {
            case EXTS -> in.cast(CastKind.SITOFP, x, to);
            case EXTU -> in.cast(CastKind.UITOFP, x, to);
            default -> null;
          };
      case UITOFP -> inner.kind() == CastKind.EXTU ? in.cast(CastKind.UITOFP, x, to) : null;
      case BITCAST -> inner.kind() == CastKind.BITCAST ? in.cast(CastKind.BITCAST, x, to) : null;
      case PTRTOINT -> inner.kind() == CastKind.INTTOPTR ? x : null;
      case INTTOPTR ->
          inner.kind() == CastKind.PTRTOINT
              ? isInverse ? x : in.cast(CastKind.BITCAST, x, to)
              : null;
      case FPTOSI, FPTOUI -> null;
    };
  }

  private static Value truncated(ElementwiseOp.Cast inner, Value x, Type to, Rewriting in) {
    int have = x.dtype().bits();
    int want = to.dtype().bits();
    return switch (inner.kind()) {
      case TRUNC -> in.cast(CastKind.TRUNC, x, to);
      case EXTS, EXTU ->
          have == want ? x : in.cast(want < have ? CastKind.TRUNC : inner.kind(), x, to);
      default -> null;
    };
  }
}
