package dev.kiln.compiler.jvm;

import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.List;

/** Rewrites transcendental functions into elementwise operations that are exact or rounded. */
final class MathExpansion {
  private final Definitions definitions;
  private final List<Op> out = new ArrayList<>();

  private MathExpansion(Definitions definitions) {
    this.definitions = definitions;
  }

  static List<Op> expandOps(List<Op> ops, Definitions definitions) {
    if (ops.stream().noneMatch(MathExpansion::applies)) {
      return ops;
    }
    var expansion = new MathExpansion(definitions);
    for (Op op : ops) {
      if (applies(op)) {
        expansion.expand((ElementwiseOp.Unary) op);
      } else {
        expansion.out.add(op);
      }
    }
    return expansion.out;
  }

  static boolean applies(Op op) {
    return op instanceof ElementwiseOp.Unary u
        && u.kind().isApproximate()
        && (u.operand().dtype() == DType.FP32 || u.kind() == UnaryKind.RSQRT);
  }

  private void expand(ElementwiseOp.Unary op) {
    DType dtype = op.operand().dtype();
    if (op.kind() == UnaryKind.RSQRT) {
      Value root = new Value(Type.scalar(dtype));
      Value one = new Value(Type.scalar(dtype));
      definitions.constant(one, 1.0);
      out.add(new ElementwiseOp.Unary(op.loc(), root, UnaryKind.SQRT, op.operand()));
      out.add(
          new ElementwiseOp.Binary(
              op.loc(), op.result(), dev.kiln.compiler.ir.BinaryKind.DIV, one, root));
      return;
    }
    Value wide = new Value(Type.scalar(DType.FP64));
    Value result = new Value(Type.scalar(DType.FP64));
    out.add(new ElementwiseOp.Cast(op.loc(), wide, CastKind.FPEXT, op.operand()));
    out.add(new ElementwiseOp.Unary(op.loc(), result, op.kind(), wide));
    out.add(new ElementwiseOp.Cast(op.loc(), op.result(), CastKind.FPTRUNC, result));
  }
}
