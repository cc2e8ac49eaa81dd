package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.FrontContext;
import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.MemoryOp.CacheHints;
import dev.kiln.compiler.ir.Shape;
import java.util.List;
import java.util.Optional;

/**
 * Rows of a tensor that a kernel chooses one by one: {@code desc.gather} and {@code desc.scatter}.
 * The descriptor has two axes and blocks of one row; columns begin at one offset for all rows.
 */
final class DescriptorRows {
  private static final int LEAST_ROWS = 8;
  private static final int LEAST_ROW_BITS = 256;

  private DescriptorRows() {}

  static FrontValue gather(Arguments args) {
    FrontContext ctx = args.context();
    Descriptor descriptor = descriptor(args);
    BlockView view = view(args, descriptor);
    Tensor fill = DescriptorOperations.fill(ctx, descriptor, view.block());
    return MemoryOperations.load(
        ctx, view.pointers(ctx), view.mask(ctx, axis -> true), Optional.of(fill), CacheHints.NONE);
  }

  static FrontValue scatter(Arguments args) {
    FrontContext ctx = args.context();
    Descriptor descriptor = descriptor(args);
    MemoryOperations.checkWritable(args, descriptor.base());
    BlockView view = view(args, descriptor);
    Tensor value = args.tensor("value");
    if (!value.type().shape().equals(view.block())) {
      throw args.error(
          "'value' must have the shape %s, one row for each of x_offsets, got %s"
              .formatted(Broadcasting.show(view.block()), value.type()));
    }
    MemoryOperations.store(
        ctx, view.pointers(ctx), value, view.mask(ctx, axis -> true), CacheHints.NONE);
    return MemoryOperations.NOTHING;
  }

  private static Descriptor descriptor(Arguments args) {
    Descriptor descriptor = DescriptorOperations.descriptor(args);
    Shape block = descriptor.block();
    if (block.rank() != 2 || block.dim(0) != 1) {
      throw args.error(
          "the descriptor must have blocks of one row, [1, columns], but it is "
              + descriptor.typeName());
    }
    if (block.dim(1) * 8 * descriptor.dtype().bytes() < LEAST_ROW_BITS) {
      throw args.error(
          "rows of blocks must have at least %d bytes, but the descriptor is %s"
              .formatted(LEAST_ROW_BITS / 8, descriptor.typeName()));
    }
    return descriptor;
  }

  private static BlockView view(Arguments args, Descriptor descriptor) {
    FrontContext ctx = args.context();
    Tensor rows = args.tensor("x_offsets");
    boolean isList =
        !rows.type().isPointer()
            && rows.type().dtype().isInteger()
            && rows.type().dtype().bits() >= 16
            && rows.type().dtype().bits() <= 32
            && rows.type().shape().rank() == 1
            && rows.type().shape().dim(0) >= LEAST_ROWS;
    if (!isList) {
      throw args.error(
          "'x_offsets' must be a tensor of rank 1 with at least %d elements of int16 or int32, got %s"
              .formatted(LEAST_ROWS, rows.type()));
    }
    Tensor column = Typing.toTensor(ctx, args.value("y_offset"));
    boolean isNumber =
        column.type().isScalar()
            && !column.type().isPointer()
            && column.type().dtype().isInteger()
            && column.type().dtype().bits() <= 32;
    if (!isNumber) {
      throw args.error("'y_offset' must be an integer scalar, got " + column.type());
    }
    List<Tensor> offsets =
        List.of(
            Literals.of(ctx, 0L, DType.I32, Shape.of()), Casting.number(ctx, column, DType.I32));
    return new BlockView(
        descriptor.base(),
        descriptor.shape(),
        descriptor.strides(),
        offsets,
        Shape.of(rows.type().shape().dim(0), descriptor.block().dim(1)),
        Optional.of(Casting.number(ctx, rows, DType.I32)));
  }
}
