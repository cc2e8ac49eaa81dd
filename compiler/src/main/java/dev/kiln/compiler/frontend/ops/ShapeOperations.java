package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.FrontContext;
import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.frontend.FrontValue.TupleValue;
import dev.kiln.compiler.frontend.TensorType;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Operations that move elements and do not change them. */
final class ShapeOperations {
  private ShapeOperations() {}

  static void addTo(OperationTable table) {
    table
        .rows(Category.SHAPE, "triton.language")
        .add("broadcast(input, other)", "all", ShapeOperations::broadcast)
        .add("broadcast_to(input, *shape)", "all", ShapeOperations::broadcastTo)
        .method()
        .add("expand_dims(input, axis)", "all", ShapeOperations::expandDims)
        .method()
        .prelude("unsqueeze(x, dim)", "all")
        .method()
        .prelude("squeeze(x, dim)", "all")
        .method()
        .add("reshape(input, *shape, can_reorder=False)", "all", ShapeOperations::reshape)
        .method()
        .note("row-major; never reorders, whatever `can_reorder` says")
        .add("view(input, *shape)", "all", ShapeOperations::reshape)
        .method()
        .note("the same as `reshape`: never reorders")
        .prelude("ravel(x, can_reorder=False)", "all")
        .method()
        .add("permute(input, *dims)", "all", ShapeOperations::permute)
        .method()
        .add("trans(input, *dims)", "all", ShapeOperations::trans)
        .method()
        .note("`x.T` too; without `dims` the last two axes are exchanged")
        .add("join(a, b)", "all", ShapeOperations::join)
        .method()
        .add("split(a)", "all", ShapeOperations::split)
        .method()
        .prelude("interleave(a, b)", "all")
        .add("item(x)", "all", args -> item(args))
        .method()
        .prelude("flip(x, dim=None)", "all")
        .method()
        .add("gather(src, index, axis)", "all; index int32, int64", ShapeOperations::gather)
        .method()
        .note("an index outside the axis wraps by its low bits");
  }

  private static FrontValue broadcast(Arguments args) {
    List<Tensor> both =
        Broadcasting.together(args.context(), List.of(args.tensor("input"), args.tensor("other")));
    return new TupleValue(List.copyOf(both));
  }

  private static FrontValue broadcastTo(Arguments args) {
    return Broadcasting.to(args.context(), args.tensor("input"), args.spreadShape("shape"));
  }

  private static FrontValue expandDims(Arguments args) {
    Tensor result = args.tensor("input");
    List<Integer> axes =
        args.integers(
            "axis", Sequences.items(args.value("axis")).orElse(List.of(args.value("axis"))));
    int rank = result.type().shape().rank() + axes.size();
    List<Integer> sorted =
        axes.stream().map(axis -> args.axis("axis", axis, rank)).sorted().toList();
    if (sorted.stream().distinct().count() != sorted.size()) {
      throw args.error("axes must differ, got " + axes);
    }
    for (int axis : sorted) {
      result = Broadcasting.expand(args.context(), result, axis);
    }
    return result;
  }

  private static FrontValue reshape(Arguments args) {
    return reshape(args, args.tensor("input"), args.spreadShape("shape"));
  }

  private static Tensor reshape(Arguments args, Tensor input, Shape shape) {
    if (input.type().shape().size() != shape.size()) {
      throw args.error(
          "cannot reshape %s, of %d elements, to %s, of %d"
              .formatted(
                  input.type(),
                  input.type().shape().size(),
                  Broadcasting.show(shape),
                  shape.size()));
    }
    return reshape(args.context(), input, shape);
  }

  /** The elements in row-major order in another shape of the same size. */
  static Tensor reshape(FrontContext ctx, Tensor input, Shape shape) {
    if (input.type().shape().equals(shape)) {
      return input;
    }
    if (shape.rank() == 0) {
      return scalar(ctx, input);
    }
    return new Tensor(ctx.builder().reshape(input.value(), shape), input.type().withShape(shape));
  }

  /** The only element of a tensor of size 1, as a scalar. */
  static Tensor scalar(FrontContext ctx, Tensor input) {
    return input.type().isScalar()
        ? input
        : new Tensor(ctx.builder().unsplat(input.value()), input.type().withShape(Shape.of()));
  }

  private static FrontValue permute(Arguments args) {
    return permute(args, args.tensor("input"), args.integers("dims", args.spread("dims")));
  }

  private static FrontValue trans(Arguments args) {
    Tensor input = args.tensor("input");
    List<Integer> dims = args.integers("dims", args.spread("dims"));
    return dims.isEmpty() ? transpose(args.context(), input) : permute(args, input, dims);
  }

  /** The last two axes exchanged. */
  static Tensor transpose(FrontContext ctx, Tensor input) {
    int rank = input.type().shape().rank();
    if (rank < 2) {
      throw ctx.error("trans: needs a tensor of rank 2 or more, got " + input.type());
    }
    List<Integer> order = new ArrayList<>(IntStream.range(0, rank).boxed().toList());
    order.set(rank - 2, rank - 1);
    order.set(rank - 1, rank - 2);
    return permute(ctx, input, order);
  }

  private static Tensor permute(Arguments args, Tensor input, List<Integer> dims) {
    int rank = input.type().shape().rank();
    List<Integer> order = dims.stream().map(dim -> dim < 0 ? dim + rank : dim).toList();
    if (!order.stream().sorted().toList().equals(IntStream.range(0, rank).boxed().toList())) {
      throw args.error(
          "dims must be a permutation of 0 to %d for %s, got %s"
              .formatted(rank - 1, input.type(), dims));
    }
    return permute(args.context(), input, order);
  }

  private static Tensor permute(FrontContext ctx, Tensor input, List<Integer> order) {
    Value value = ctx.builder().permute(input.value(), order);
    return new Tensor(value, input.type().withShape(value.shape()));
  }

  private static FrontValue join(Arguments args) {
    Tensor left = args.tensor("a");
    Tensor right = args.tensor("b");
    List<Tensor> both = Broadcasting.together(args.context(), List.of(left, right));
    if (!left.type().element().equals(right.type().element())) {
      throw args.error(
          "tensors must have one type, got %s and %s".formatted(left.type(), right.type()));
    }
    Value value = args.builder().join(both.getFirst().value(), both.getLast().value());
    args.checkShape(value.shape());
    return new Tensor(value, left.type().withShape(value.shape()));
  }

  private static FrontValue split(Arguments args) {
    Tensor input = args.tensor("a");
    Shape shape = input.type().shape();
    if (shape.rank() == 0 || shape.dim(shape.rank() - 1) != 2) {
      throw args.error("the last dimension must be 2, got " + input.type());
    }
    List<Value> halves = args.builder().split(input.value());
    TensorType type = input.type().withShape(shape.remove(shape.rank() - 1));
    return new TupleValue(
        List.of(new Tensor(halves.getFirst(), type), new Tensor(halves.getLast(), type)));
  }

  private static FrontValue item(Arguments args) {
    Tensor input = args.tensor("x");
    if (input.type().shape().size() != 1) {
      throw args.error("needs a tensor of one element, got " + input.type());
    }
    return scalar(args.context(), input);
  }

  private static FrontValue gather(Arguments args) {
    Tensor source = args.tensor("src");
    Tensor index = args.tensor("index");
    if (index.type().isPointer() || !index.type().dtype().isInteger()) {
      throw args.error("'index' must hold integers, got " + index.type());
    }
    Shape from = source.type().shape();
    Shape to = index.type().shape();
    if (from.rank() == 0 || from.rank() != to.rank()) {
      throw args.error(
          "source and index must have the same rank, got %s and %s"
              .formatted(source.type(), index.type()));
    }
    int axis = args.axis("axis", from.rank());
    if (!from.with(axis, 1).equals(to.with(axis, 1))) {
      throw args.error(
          "index shape %s must agree with the source's %s except in axis %d"
              .formatted(Broadcasting.show(to), Broadcasting.show(from), axis));
    }
    Tensor wide =
        index.type().dtype().bits() < 32 ? Casting.number(args.context(), index, DType.I32) : index;
    return new Tensor(
        args.builder().gather(source.value(), wide.value(), axis), source.type().withShape(to));
  }
}
