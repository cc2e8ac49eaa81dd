package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.FrontContext;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Value;
import java.util.Arrays;
import java.util.List;

/** Bringing operands to one shape. */
final class Broadcasting {
  private Broadcasting() {}

  /** {@code [128, 64]}, as messages show shapes. */
  static String show(Shape shape) {
    return Arrays.toString(shape.toArray());
  }

  /**
   * The shape of an operator's result. Missing leading axes count as 1; an extent of 1 repeats; a
   * scalar takes any shape.
   */
  static Shape common(FrontContext ctx, Shape left, Shape right) {
    int rank = Math.max(left.rank(), right.rank());
    int[] dims = new int[rank];
    for (int i = 0; i < rank; i++) {
      int a = extent(left, i, rank);
      int b = extent(right, i, rank);
      if (a != b && a != 1 && b != 1) {
        throw ctx.error(
            "shapes %s and %s do not broadcast: dimension %d is %d and %d"
                .formatted(show(left), show(right), i, a, b),
            suggestAxes(left, right));
      }
      dims[i] = a == 1 ? b : a;
    }
    return Shape.of(dims);
  }

  private static String suggestAxes(Shape left, Shape right) {
    return left.rank() == 1 && right.rank() == 1
        ? "for every pair of elements write a[:, None] and b[None, :]"
        : "extents must be equal, or one of them 1";
  }

  private static int extent(Shape shape, int axis, int rank) {
    int own = axis - (rank - shape.rank());
    return own < 0 ? 1 : shape.dim(own);
  }

  /** All values in the shape that is common to them. */
  static List<Tensor> together(FrontContext ctx, List<Tensor> values) {
    Shape shape = Shape.of();
    for (Tensor value : values) {
      shape = common(ctx, shape, value.type().shape());
    }
    Shape target = shape;
    return values.stream().map(value -> leading(ctx, value, target)).toList();
  }

  /** The value in a shape that {@link #common} found, new leading axes included. */
  static Tensor leading(FrontContext ctx, Tensor value, Shape shape) {
    Tensor expanded = value;
    if (!value.type().isScalar()) {
      while (expanded.type().shape().rank() < shape.rank()) {
        expanded = expand(ctx, expanded, 0);
      }
    }
    return to(ctx, expanded, shape);
  }

  /** A new axis of extent 1; a scalar becomes a tile of one element. */
  static Tensor expand(FrontContext ctx, Tensor value, int axis) {
    Shape shape = value.type().shape().insert(axis, 1);
    Value result =
        value.type().isScalar()
            ? ctx.builder().splat(value.value(), shape)
            : ctx.builder().expandDims(value.value(), axis);
    return new Tensor(result, value.type().withShape(shape));
  }

  /** The value in a shape of its own rank, or a scalar in any shape. */
  static Tensor to(FrontContext ctx, Tensor value, Shape shape) {
    Shape own = value.type().shape();
    if (own.equals(shape)) {
      return value;
    }
    if (value.type().isScalar()) {
      return new Tensor(ctx.builder().splat(value.value(), shape), value.type().withShape(shape));
    }
    if (own.rank() != shape.rank()) {
      throw ctx.error(
          "cannot broadcast %s to %s: the ranks are %d and %d"
              .formatted(show(own), show(shape), own.rank(), shape.rank()),
          "add axes with x[:, None] or tl.expand_dims first");
    }
    for (int i = 0; i < own.rank(); i++) {
      if (own.dim(i) != shape.dim(i) && own.dim(i) != 1) {
        throw ctx.error(
            "cannot broadcast %s to %s: dimension %d is %d, and only an extent of 1 repeats"
                .formatted(show(own), show(shape), i, own.dim(i)));
      }
    }
    return new Tensor(ctx.builder().broadcast(value.value(), shape), value.type().withShape(shape));
  }
}
