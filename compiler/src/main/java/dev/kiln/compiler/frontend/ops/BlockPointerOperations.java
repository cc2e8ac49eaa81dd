package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Shape;
import java.util.ArrayList;
import java.util.List;

/** Block pointers: Triton's older way to address blocks, which many published kernels use. */
final class BlockPointerOperations {
  private BlockPointerOperations() {}

  static void addTo(OperationTable table) {
    table
        .rows(Category.MEMORY, "triton.language")
        .add(
            "make_block_ptr(base, shape, strides, offsets, block_shape, order=())",
            "all",
            BlockPointerOperations::make)
        .note(
            "removed from Triton 3.8; `order` is ignored; by TMA from sm_90a on if all axes are"
                + " checked and divisibility allows")
        .add("advance(base, offsets)", "all", BlockPointerOperations::advance)
        .method()
        .note("removed from Triton 3.8");
  }

  private static FrontValue make(Arguments args) {
    if (!(args.value("base") instanceof Tensor base)
        || !base.type().isPointer()
        || !base.type().isScalar()) {
      throw args.error("'base' must be a pointer, got " + Typing.describe(args.value("base")));
    }
    Shape block = args.shape("block_shape");
    int rank = block.rank();
    List<Tensor> shape = scalars(args, "shape", rank);
    List<Tensor> strides =
        scalars(args, "strides", rank).stream()
            .map(stride -> Casting.number(args.context(), stride, DType.I64))
            .toList();
    List<Tensor> offsets = offsets(args, "offsets", rank);
    checkOrder(args, rank);
    return new BlockPointer(new BlockView(base, shape, strides, offsets, block));
  }

  private static void checkOrder(Arguments args, int rank) {
    List<Integer> order = args.integers("order", args.items("order"));
    if (!order.isEmpty()
        && !order.stream()
            .sorted()
            .toList()
            .equals(java.util.stream.IntStream.range(0, rank).boxed().toList())) {
      throw args.error("order must be a permutation of 0 to %d, got %s".formatted(rank - 1, order));
    }
  }

  /** As many integer scalars as the block has axes. */
  static List<Tensor> scalars(Arguments args, String name, int rank) {
    List<FrontValue> items = args.items(name);
    if (items.size() != rank) {
      throw args.error(
          "'%s' must have %d elements, one for each axis, got %d"
              .formatted(name, rank, items.size()));
    }
    List<Tensor> result = new ArrayList<>();
    for (FrontValue item : items) {
      Tensor scalar = Typing.toTensor(args.context(), item);
      boolean integer =
          !scalar.type().isPointer()
              && scalar.type().dtype().isInteger()
              && scalar.type().shape().size() == 1;
      if (!integer) {
        throw args.error(
            "elements of '%s' must be integer scalars, got %s".formatted(name, scalar.type()));
      }
      result.add(ShapeOperations.scalar(args.context(), scalar));
    }
    return result;
  }

  /** Offsets are {@code int32} in block pointers and descriptors. */
  static List<Tensor> offsets(Arguments args, String name, int rank) {
    List<Tensor> result = new ArrayList<>();
    for (Tensor offset : scalars(args, name, rank)) {
      if (offset.type().dtype().bits() > 32) {
        throw args.error(
            "elements of '%s' have 32 bits, got %s".formatted(name, offset.type()),
            "add .to(tl.int32), or add the offset to the base pointer");
      }
      result.add(Casting.number(args.context(), offset, DType.I32));
    }
    return result;
  }

  private static FrontValue advance(Arguments args) {
    if (!(args.value("base") instanceof BlockPointer pointer)) {
      throw args.error(
          "'base' must be a block pointer, got " + Typing.describe(args.value("base")),
          "add to an ordinary pointer with +");
    }
    int rank = pointer.view().block().rank();
    return pointer.advance(args.context(), offsets(args, "offsets", rank));
  }
}
