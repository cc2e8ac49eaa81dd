package dev.kiln.compiler.transform.rewrite;

import static dev.kiln.compiler.transform.rewrite.RewriteRule.rule;

import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.Value;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Addresses take one form: {@code addptr(.. addptr(splat(base), offsets) .., offsets)}, where the
 * base is a scalar pointer that holds everything that is the same in all elements. Offsets of
 * {@code i32} are extended one by one before they are added: a sum of 32 bits could wrap where the
 * address does not.
 */
final class PointerRules {
  static final List<RewriteRule<?>> RULES =
      List.of(
          rule("addptr(p, 0) -> p", ElementwiseOp.AddPtr.class, PointerRules::nothingAdded),
          rule(
              "addptr(p, exts(i)) -> addptr(p, i)",
              ElementwiseOp.AddPtr.class,
              PointerRules::extended),
          rule(
              "addptr(addptr(p, C), D) -> addptr(p, C + D)",
              ElementwiseOp.AddPtr.class,
              PointerRules::constants),
          rule(
              "addptr(addptr(p, u), v) -> addptr(p, u + v)",
              ElementwiseOp.AddPtr.class,
              PointerRules::uniforms),
          rule(
              "addptr(addptr(splat(p), t), splat(s)) -> addptr(splat(addptr(p, s)), t)",
              ElementwiseOp.AddPtr.class,
              PointerRules::intoBase),
          rule(
              "addptr(splat(p), t + splat(s)) -> addptr(splat(addptr(p, s)), t) in i64",
              ElementwiseOp.AddPtr.class,
              PointerRules::uniformPart),
          rule(
              "broadcast(addptr(..)) -> addptr(broadcast(..))",
              ShapeOp.Broadcast.class,
              (op, in) -> sink(op.operand(), v -> in.broadcast(v, op.result().shape()), in)),
          rule(
              "expand_dims(addptr(..)) -> addptr(expand_dims(..))",
              ShapeOp.ExpandDims.class,
              (op, in) -> sink(op.operand(), v -> in.expandDims(v, op.axis()), in)),
          rule(
              "permute(addptr(..)) -> addptr(permute(..))",
              ShapeOp.Permute.class,
              (op, in) -> sink(op.operand(), v -> in.permute(v, op.order()), in)),
          rule(
              "reshape(addptr(..)) -> addptr(reshape(..))",
              ShapeOp.Reshape.class,
              (op, in) -> sink(op.operand(), v -> in.reshape(v, op.result().shape()), in)));

  private PointerRules() {}

  private static Value nothingAdded(ElementwiseOp.AddPtr op, Rewriting in) {
    return in.isConstant(op.offset(), 0) ? op.pointer() : null;
  }

  private static Value extended(ElementwiseOp.AddPtr op, Rewriting in) {
    var cast = in.definition(op.offset(), ElementwiseOp.Cast.class);
    return cast != null && cast.kind() == CastKind.EXTS && cast.operand().dtype() == DType.I32
        ? in.addPtr(op.pointer(), cast.operand())
        : null;
  }

  private static Value constants(ElementwiseOp.AddPtr op, Rewriting in) {
    var inner = in.definition(op.pointer(), ElementwiseOp.AddPtr.class);
    if (inner == null
        || !(in.constant(op.offset()) instanceof Long outer)
        || !(in.constant(inner.offset()) instanceof Long first)) {
      return null;
    }
    Value sum = in.constant(op.offset().type().withDType(DType.I64), first + outer);
    return in.addPtr(inner.pointer(), sum);
  }

  private static Value uniforms(ElementwiseOp.AddPtr op, Rewriting in) {
    var inner = in.definition(op.pointer(), ElementwiseOp.AddPtr.class);
    if (inner == null || !in.isUniform(op.offset()) || !in.isUniform(inner.offset())) {
      return null;
    }
    Value sum = in.binary(BinaryKind.ADD, in.toI64(inner.offset()), in.toI64(op.offset()));
    return in.addPtr(inner.pointer(), sum);
  }

  private static Value intoBase(ElementwiseOp.AddPtr op, Rewriting in) {
    boolean applies =
        in.isUniform(op.offset())
            && !in.isUniform(op.pointer())
            && hasUniformBase(op.pointer(), in);
    return applies ? onBase(op.pointer(), op.offset(), in) : null;
  }

  private static boolean hasUniformBase(Value pointer, Rewriting in) {
    Value base = pointer;
    while (in.definition(base) instanceof ElementwiseOp.AddPtr inner) {
      base = inner.pointer();
    }
    return in.isUniform(base);
  }

  private static Value onBase(Value pointer, Value offset, Rewriting in) {
    return in.definition(pointer) instanceof ElementwiseOp.AddPtr inner
        ? in.addPtr(onBase(inner.pointer(), offset, in), inner.offset())
        : in.addPtr(pointer, offset);
  }

  private static Value uniformPart(ElementwiseOp.AddPtr op, Rewriting in) {
    var sum = in.definition(op.offset(), ElementwiseOp.Binary.class);
    boolean applies =
        sum != null
            && sum.kind() == BinaryKind.ADD
            && op.offset().dtype() == DType.I64
            && in.isUniform(sum.right())
            && hasUniformBase(op.pointer(), in);
    return applies ? in.addPtr(onBase(op.pointer(), sum.right(), in), sum.left()) : null;
  }

  /** Moves a change of shape from pointers to their offsets, if the base is uniform. */
  private static Value sink(Value pointer, UnaryOperator<Value> reshape, Rewriting in) {
    boolean applies =
        in.definition(pointer) instanceof ElementwiseOp.AddPtr && hasUniformBase(pointer, in);
    return applies ? sunk(pointer, reshape, in) : null;
  }

  private static Value sunk(Value pointer, UnaryOperator<Value> reshape, Rewriting in) {
    return in.definition(pointer) instanceof ElementwiseOp.AddPtr inner
        ? in.addPtr(sunk(inner.pointer(), reshape, in), reshape.apply(inner.offset()))
        : reshape.apply(pointer);
  }
}
