package dev.kiln.compiler.transform;

import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.Substitution;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns a small {@code if} into {@code select}s: both blocks are pure, hold at most a few cheap
 * scalar operations, and yield scalars, or yield tiles that are there anyway.
 */
public final class IfConversion implements Pass {
  /** Above this a branch, which runs one side only, is cheaper. */
  private static final int MAX_SCALAR_OPS = 6;

  @Override
  public String name() {
    return "if-conversion";
  }

  @Override
  public TileFunction run(TileFunction function) {
    Block body = block(function.body());
    return function.withBody(body);
  }

  private static Block block(Block block) {
    var ops = new ArrayList<Op>(block.ops().size());
    boolean changed = false;
    for (Op original : block.ops()) {
      Op op =
          original.blocks().isEmpty()
              ? original
              : Substitution.withBlocks(
                  original, original.blocks().stream().map(IfConversion::block).toList());
      changed |= op != original;
      if (op instanceof ControlOp.If branch && isSmall(branch)) {
        convert(branch, ops);
        changed = true;
      } else {
        ops.add(op);
      }
    }
    return changed ? new Block(block.params(), ops) : block;
  }

  private static boolean isSmall(ControlOp.If op) {
    int size = op.thenBlock().body().size() + op.elseBlock().body().size();
    return size <= MAX_SCALAR_OPS
        && !op.results().isEmpty()
        && op.thenBlock().body().stream().allMatch(IfConversion::isCheap)
        && op.elseBlock().body().stream().allMatch(IfConversion::isCheap);
  }

  private static boolean isCheap(Op op) {
    boolean isScalar =
        op instanceof ElementwiseOp elementwise && !elementwise.result().type().isTile();
    return switch (op) {
      case ElementwiseOp.Unary unary -> isScalar && isCheap(unary.kind());
      case ElementwiseOp.Binary binary ->
          isScalar
              && switch (binary.kind()) {
                case DIV, REM, DIVS, DIVU, REMS, REMU -> false;
                default -> true;
              };
      case ElementwiseOp.Constant constant -> true;
      case ShapeOp.Splat splat -> true;
      default -> isScalar;
    };
  }

  private static boolean isCheap(UnaryKind kind) {
    return !kind.isApproximate() && kind != UnaryKind.SQRT;
  }

  private static void convert(ControlOp.If op, List<Op> out) {
    out.addAll(op.thenBlock().body());
    out.addAll(op.elseBlock().body());
    List<Value> whenTrue = op.thenBlock().terminator().operands();
    List<Value> whenFalse = op.elseBlock().terminator().operands();
    for (int i = 0; i < op.results().size(); i++) {
      Value result = op.results().get(i);
      Value condition = op.condition();
      if (result.type().isTile()) {
        condition = new Value(Type.tile(op.condition().type(), result.shape()));
        out.add(new ShapeOp.Splat(op.loc(), condition, op.condition()));
      }
      out.add(
          new ElementwiseOp.Select(op.loc(), result, condition, whenTrue.get(i), whenFalse.get(i)));
    }
  }
}
