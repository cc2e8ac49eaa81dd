package dev.kiln.compiler.ir;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Which shapes the operands and results of a {@link ShapeOp} have. */
final class ShapeRules {
  private ShapeRules() {}

  static Optional<String> fault(ShapeOp op) {
    boolean keepsElement =
        op.operands().isEmpty()
            || op instanceof ShapeOp.Gather
            || op.operands().stream()
                .allMatch(v -> v.type().element().equals(op.results().getFirst().type().element()));
    if (!keepsElement) {
      return Optional.of(op.mnemonic() + " keeps the type of the elements");
    }
    Shape result = op.results().getFirst().shape();
    return switch (op) {
      case ShapeOp.MakeRange range ->
          OperandRules.require(
              result.rank() == 1
                  && range.result().type().element().equals(Type.scalar(DType.I32))
                  && (long) range.start() + result.size() - 1 <= Integer.MAX_VALUE,
              "make_range gives i32 of rank 1, without overflow");
      case ShapeOp.Splat splat ->
          OperandRules.require(
              !splat.operand().type().isTile() && result.rank() > 0,
              "splat takes a scalar and gives a tile");
      case ShapeOp.Unsplat unsplat ->
          OperandRules.require(
              unsplat.operand().type().isTile()
                  && unsplat.operand().shape().size() == 1
                  && result.rank() == 0,
              "unsplat takes a tile of one element and gives a scalar");
      case ShapeOp.ExpandDims expand -> {
        Shape shape = expand.operand().shape();
        yield OperandRules.require(
            shape.rank() > 0
                && expand.axis() >= 0
                && expand.axis() <= shape.rank()
                && result.equals(shape.insert(expand.axis(), 1)),
            "expand_dims inserts one axis of extent 1 into a tile");
      }
      case ShapeOp.Broadcast broadcast ->
          OperandRules.require(
              broadcasts(broadcast.operand().shape(), result),
              "a tile of shape "
                  + broadcast.operand().shape()
                  + " does not broadcast to "
                  + result);
      case ShapeOp.Reshape reshape ->
          OperandRules.require(
              reshape.operand().shape().size() == result.size() && result.rank() > 0,
              "reshape keeps the number of elements and gives a tile");
      case ShapeOp.Permute permute -> permute(permute);
      case ShapeOp.Join join ->
          OperandRules.require(
              join.left().shape().equals(join.right().shape())
                  && result.equals(join.left().shape().insert(join.left().shape().rank(), 2)),
              "join takes two tiles of one shape and adds an axis of extent 2 at the end");
      case ShapeOp.Split split -> {
        Shape shape = split.operand().shape();
        int last = shape.rank() - 1;
        yield OperandRules.require(
            last >= 0
                && shape.dim(last) == 2
                && split.left().type().equals(split.right().type())
                && split.left().shape().equals(shape.remove(last)),
            "split takes a tile whose last axis has extent 2 and gives two halves without it");
      }
      case ShapeOp.Cat cat -> cat(cat);
      case ShapeOp.Gather gather -> gather(gather);
    };
  }

  private static boolean broadcasts(Shape from, Shape to) {
    return from.rank() == to.rank()
        && from.rank() > 0
        && IntStream.range(0, from.rank())
            .allMatch(axis -> from.dim(axis) == to.dim(axis) || from.dim(axis) == 1);
  }

  private static Optional<String> permute(ShapeOp.Permute op) {
    Shape from = op.operand().shape();
    Shape to = op.result().shape();
    List<Integer> order = op.order();
    boolean isPermutation =
        from.rank() > 0
            && order.size() == from.rank()
            && order.stream()
                .sorted()
                .toList()
                .equals(IntStream.range(0, from.rank()).boxed().toList());
    boolean fits =
        isPermutation
            && to.rank() == from.rank()
            && IntStream.range(0, to.rank()).allMatch(i -> to.dim(i) == from.dim(order.get(i)));
    return OperandRules.require(
        fits, "the order " + order + " does not permute the axes of " + from + " to " + to);
  }

  private static Optional<String> cat(ShapeOp.Cat op) {
    Shape left = op.left().shape();
    Shape right = op.right().shape();
    int axis = op.axis();
    boolean fits =
        axis >= 0
            && axis < left.rank()
            && left.rank() == right.rank()
            && left.with(axis, 1).equals(right.with(axis, 1))
            && op.result().shape().equals(left.with(axis, left.dim(axis) + right.dim(axis)));
    return OperandRules.require(
        fits, "cat takes two tiles that agree except along the axis, and adds their extents there");
  }

  private static Optional<String> gather(ShapeOp.Gather op) {
    Shape source = op.source().shape();
    Shape index = op.index().shape();
    int axis = op.axis();
    boolean fits =
        axis >= 0
            && axis < source.rank()
            && index.rank() == source.rank()
            && source.with(axis, 1).equals(index.with(axis, 1))
            && !op.index().type().isPointer()
            && op.index().dtype().isInteger()
            && op.result().type().equals(op.source().type().withShape(index));
    return OperandRules.require(
        fits,
        "gather takes a source and integer indices that agree except along the axis, and"
            + " gives elements of the source in the shape of the indices");
  }
}
