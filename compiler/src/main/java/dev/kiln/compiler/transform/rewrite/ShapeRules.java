package dev.kiln.compiler.transform.rewrite;

import static dev.kiln.compiler.transform.rewrite.RewriteRule.rule;

import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.List;

/** Movements of elements that are none, that cancel, or that join. */
final class ShapeRules {
  static final List<RewriteRule<?>> RULES =
      List.of(
          rule("make_range of one element -> C", ShapeOp.MakeRange.class, ShapeRules::oneElement),
          rule("splat(C) -> C", ShapeOp.Splat.class, ShapeRules::splatOfConstant),
          rule("splat(unsplat(x)) -> x", ShapeOp.Splat.class, ShapeRules::splatOfUnsplat),
          rule("unsplat(uniform) -> scalar", ShapeOp.Unsplat.class, ShapeRules::unsplat),
          rule("expand_dims(uniform) -> uniform", ShapeOp.ExpandDims.class, ShapeRules::uniform),
          rule("broadcast(uniform) -> uniform", ShapeOp.Broadcast.class, ShapeRules::uniform),
          rule("reshape(uniform) -> uniform", ShapeOp.Reshape.class, ShapeRules::uniform),
          rule("permute(uniform) -> uniform", ShapeOp.Permute.class, ShapeRules::uniform),
          rule("broadcast(x) to its shape -> x", ShapeOp.Broadcast.class, ShapeRules::broadcast),
          rule(
              "expand_dims(broadcast(x)) -> broadcast(expand_dims(x))",
              ShapeOp.ExpandDims.class,
              ShapeRules::expandOfBroadcast),
          rule("reshape(reshape(x)) -> reshape(x)", ShapeOp.Reshape.class, ShapeRules::reshape),
          rule(
              "reshape that inserts axes -> expand_dims",
              ShapeOp.Reshape.class,
              ShapeRules::reshapeAsExpand),
          rule("permute(permute(x)) -> permute(x)", ShapeOp.Permute.class, ShapeRules::permute),
          rule(
              "permute(broadcast(x)) -> broadcast(permute(x))",
              ShapeOp.Permute.class,
              ShapeRules::permuteOfBroadcast),
          rule(
              "permute(expand_dims(x)) -> expand_dims(x)",
              ShapeOp.Permute.class,
              ShapeRules::permuteOfExpand),
          rule("cat(uniform x, x) -> uniform x", ShapeOp.Cat.class, ShapeRules::cat),
          rule("join(split(x)) -> x", ShapeOp.Join.class, ShapeRules::join),
          rule("gather(uniform, i) -> uniform", ShapeOp.Gather.class, ShapeRules::gather),
          new RewriteRule<>("split(join(x, y)) -> x, y", ShapeOp.Split.class, ShapeRules::split),
          new RewriteRule<>(
              "reduce along one element -> reshape", ComputeOp.Reduce.class, ShapeRules::reduce),
          new RewriteRule<>("scan along one element -> x", ComputeOp.Scan.class, ShapeRules::scan));

  private ShapeRules() {}

  private static Value oneElement(ShapeOp.MakeRange op, Rewriting in) {
    return op.result().shape().size() == 1
        ? in.constant(op.result().type(), (long) op.start())
        : null;
  }

  private static Value splatOfConstant(ShapeOp.Splat op, Rewriting in) {
    Number constant = in.constant(op.operand());
    return constant == null ? null : in.constant(op.result().type(), constant);
  }

  private static Value splatOfUnsplat(ShapeOp.Splat op, Rewriting in) {
    var unsplat = in.definition(op.operand(), ShapeOp.Unsplat.class);
    return unsplat != null && unsplat.operand().type().equals(op.result().type())
        ? unsplat.operand()
        : null;
  }

  private static Value unsplat(ShapeOp.Unsplat op, Rewriting in) {
    if (in.isUniform(op.operand())) {
      return in.scalarOf(op.operand());
    }
    // The only element stays the only one, whatever the shape.
    return switch (in.definition(op.operand())) {
      case ShapeOp.Reshape inner when inner.operand().type().isTile() ->
          unsplatOf(inner.operand(), in);
      case ShapeOp.ExpandDims inner -> unsplatOf(inner.operand(), in);
      case ShapeOp.Permute inner -> unsplatOf(inner.operand(), in);
      case null, default -> null;
    };
  }

  private static Value unsplatOf(Value tile, Rewriting in) {
    Value result = in.fresh(tile.type().element());
    return in.emit(new ShapeOp.Unsplat(in.location(), result, tile)).getFirst();
  }

  private static Value uniform(ShapeOp op, Rewriting in) {
    Value operand = op.operands().getFirst();
    Shape shape = op.result().shape();
    if (!operand.type().isTile()) {
      return in.splat(operand, shape);
    }
    return in.isUniform(operand) ? in.splat(in.scalarOf(operand), shape) : null;
  }

  private static Value broadcast(ShapeOp.Broadcast op, Rewriting in) {
    if (op.operand().shape().equals(op.result().shape())) {
      return op.operand();
    }
    var inner = in.definition(op.operand(), ShapeOp.Broadcast.class);
    return inner == null ? null : in.broadcast(inner.operand(), op.result().shape());
  }

  private static Value expandOfBroadcast(ShapeOp.ExpandDims op, Rewriting in) {
    var inner = in.definition(op.operand(), ShapeOp.Broadcast.class);
    return inner == null
        ? null
        : in.broadcast(in.expandDims(inner.operand(), op.axis()), op.result().shape());
  }

  private static Value reshape(ShapeOp.Reshape op, Rewriting in) {
    if (op.operand().type().equals(op.result().type())) {
      return op.operand();
    }
    return switch (in.definition(op.operand())) {
      case ShapeOp.Reshape inner -> in.reshape(inner.operand(), op.result().shape());
      case ShapeOp.ExpandDims inner -> in.reshape(inner.operand(), op.result().shape());
      case null, default -> null;
    };
  }

  private static Value reshapeAsExpand(ShapeOp.Reshape op, Rewriting in) {
    Shape from = op.operand().shape();
    Shape to = op.result().shape();
    List<Integer> inserted = insertedAxes(from, to);
    if (from.rank() == 0 || inserted == null || inserted.isEmpty()) {
      return null;
    }
    Value value = op.operand();
    for (int axis : inserted) {
      value = in.expandDims(value, axis);
    }
    return value;
  }

  /** Axes of extent 1 that make one shape of the other, ascending; null if that does not do. */
  private static List<Integer> insertedAxes(Shape from, Shape to) {
    var inserted = new ArrayList<Integer>();
    int source = 0;
    for (int axis = 0; axis < to.rank(); axis++) {
      if (source < from.rank() && from.dim(source) == to.dim(axis)) {
        source++;
      } else if (to.dim(axis) == 1) {
        inserted.add(axis);
      } else {
        return null;
      }
    }
    return source == from.rank() ? inserted : null;
  }

  private static Value permute(ShapeOp.Permute op, Rewriting in) {
    boolean isIdentity = true;
    for (int i = 0; i < op.order().size(); i++) {
      isIdentity &= op.order().get(i) == i;
    }
    if (isIdentity) {
      return op.operand();
    }
    var inner = in.definition(op.operand(), ShapeOp.Permute.class);
    return inner == null
        ? null
        : in.permute(inner.operand(), op.order().stream().map(inner.order()::get).toList());
  }

  private static Value permuteOfBroadcast(ShapeOp.Permute op, Rewriting in) {
    var inner = in.definition(op.operand(), ShapeOp.Broadcast.class);
    return inner == null
        ? null
        : in.broadcast(in.permute(inner.operand(), op.order()), op.result().shape());
  }

  /** If the other axes stay in order, the new one is merely inserted elsewhere. */
  private static Value permuteOfExpand(ShapeOp.Permute op, Rewriting in) {
    var inner = in.definition(op.operand(), ShapeOp.ExpandDims.class);
    if (inner == null) {
      return null;
    }
    var others = new ArrayList<>(op.order());
    others.remove((Integer) inner.axis());
    boolean inOrder = others.equals(others.stream().sorted().toList());
    return inOrder ? in.expandDims(inner.operand(), op.order().indexOf(inner.axis())) : null;
  }

  private static Value cat(ShapeOp.Cat op, Rewriting in) {
    return in.isUniform(op.left()) && in.isUniform(op.right()) && sameScalar(op, in)
        ? in.splat(in.scalarOf(op.left()), op.result().shape())
        : null;
  }

  private static boolean sameScalar(ShapeOp.Cat op, Rewriting in) {
    Number left = in.constant(op.left());
    return left != null
        ? left.equals(in.constant(op.right()))
        : in.definition(op.left()) instanceof ShapeOp.Splat a
            && in.definition(op.right()) instanceof ShapeOp.Splat b
            && a.operand() == b.operand();
  }

  private static Value join(ShapeOp.Join op, Rewriting in) {
    var split = in.definition(op.left(), ShapeOp.Split.class);
    return split != null && split.left() == op.left() && split.right() == op.right()
        ? split.operand()
        : null;
  }

  private static List<Value> split(ShapeOp.Split op, Rewriting in) {
    if (in.isUniform(op.operand())) {
      Value scalar = in.scalarOf(op.operand());
      Value half = op.left().type().isTile() ? in.splat(scalar, op.left().shape()) : scalar;
      return List.of(half, half);
    }
    var join = in.definition(op.operand(), ShapeOp.Join.class);
    return join == null ? null : List.of(join.left(), join.right());
  }

  private static Value gather(ShapeOp.Gather op, Rewriting in) {
    return in.isUniform(op.source())
        ? in.splat(in.scalarOf(op.source()), op.result().shape())
        : null;
  }

  private static List<Value> reduce(ComputeOp.Reduce op, Rewriting in) {
    if (op.inputs().getFirst().shape().dim(op.axis()) != 1) {
      return null;
    }
    var results = new ArrayList<Value>();
    for (int i = 0; i < op.inputs().size(); i++) {
      Type type = op.results().get(i).type();
      Value input = op.inputs().get(i);
      results.add(type.isTile() ? in.reshape(input, type.shape()) : unsplatOf(input, in));
    }
    return results;
  }

  private static List<Value> scan(ComputeOp.Scan op, Rewriting in) {
    return op.inputs().getFirst().shape().dim(op.axis()) == 1 ? op.inputs() : null;
  }
}
