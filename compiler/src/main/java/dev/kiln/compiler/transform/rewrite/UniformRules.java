package dev.kiln.compiler.transform.rewrite;

import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Rewriter;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Work is done on as few elements as there are different ones: an operation of splats is the splat
 * of a scalar operation; one of broadcast tiles is the broadcast of one on the small tiles.
 */
final class UniformRules {
  static final List<RewriteRule<?>> RULES = rules();

  private UniformRules() {}

  private static List<RewriteRule<?>> rules() {
    var rules = new ArrayList<RewriteRule<?>>();
    for (Class<? extends ElementwiseOp> op :
        List.of(
            ElementwiseOp.Unary.class,
            ElementwiseOp.Binary.class,
            ElementwiseOp.Compare.class,
            ElementwiseOp.Fma.class,
            ElementwiseOp.Select.class,
            ElementwiseOp.Cast.class,
            ElementwiseOp.AddPtr.class)) {
      rules.add(RewriteRule.rule("op(splat(x)..) -> splat(op(x..))", op, UniformRules::scalar));
    }
    for (Class<? extends ElementwiseOp> op :
        List.of(
            ElementwiseOp.Unary.class,
            ElementwiseOp.Binary.class,
            ElementwiseOp.Compare.class,
            ElementwiseOp.Fma.class,
            ElementwiseOp.Select.class,
            ElementwiseOp.Cast.class)) {
      rules.add(
          RewriteRule.rule(
              "op(broadcast(x)..) -> broadcast(op(x..))", op, UniformRules::beforeBroadcast));
      rules.add(
          RewriteRule.rule(
              "op(expand_dims(x)..) -> expand_dims(op(x..))", op, UniformRules::beforeExpand));
    }
    return rules;
  }

  private static Value scalar(ElementwiseOp op, Rewriting in) {
    for (Value operand : op.operands()) {
      if (!in.isUniform(operand)) {
        return null;
      }
    }
    Shape shape = op.result().shape();
    return in.splat(onOther(op, Shape.of(), in::scalarOf, in), shape);
  }

  /** The operation on operands of another shape, as the function gives them. */
  private static Value onOther(
      ElementwiseOp op, Shape shape, UnaryOperator<Value> operand, Rewriting in) {
    Op other =
        op.rewrite(
            new Rewriter() {
              @Override
              public Value use(Value value) {
                return operand.apply(value);
              }

              @Override
              public Value define(Value result) {
                return in.fresh(Type.tile(result.type().element(), shape));
              }

              @Override
              public Block block(Block nested) {
                return nested;
              }
            });
    return in.emit(other).getFirst();
  }

  /** A uniform tile in another shape. */
  private static Value uniform(Value value, Shape shape, Rewriting in) {
    Number constant = in.constant(value);
    return constant != null
        ? in.constant(value.type().withShape(shape), constant)
        : in.splat(in.scalarOf(value), shape);
  }

  private static Value beforeBroadcast(ElementwiseOp op, Rewriting in) {
    Shape small = null;
    for (Value operand : op.operands()) {
      var broadcast = in.definition(operand, ShapeOp.Broadcast.class);
      if (broadcast == null && !in.isUniform(operand)) {
        return null;
      }
      if (broadcast != null) {
        Shape source = broadcast.operand().shape();
        if (small != null && !small.equals(source)) {
          return null;
        }
        small = source;
      }
    }
    if (small == null) {
      return null;
    }
    Shape source = small;
    Value result =
        onOther(
            op,
            source,
            v ->
                in.definition(v) instanceof ShapeOp.Broadcast broadcast
                    ? broadcast.operand()
                    : uniform(v, source, in),
            in);
    return in.broadcast(result, op.result().shape());
  }

  private static Value beforeExpand(ElementwiseOp op, Rewriting in) {
    int axis = -1;
    for (Value operand : op.operands()) {
      var expand = in.definition(operand, ShapeOp.ExpandDims.class);
      if (expand == null && !in.isUniform(operand)) {
        return null;
      }
      if (expand != null) {
        if (axis >= 0 && axis != expand.axis()) {
          return null;
        }
        axis = expand.axis();
      }
    }
    if (axis < 0) {
      return null;
    }
    Shape source = op.result().shape().remove(axis);
    Value result =
        onOther(
            op,
            source,
            v ->
                in.definition(v) instanceof ShapeOp.ExpandDims expand
                    ? expand.operand()
                    : uniform(v, source, in),
            in);
    return in.expandDims(result, axis);
  }
}
