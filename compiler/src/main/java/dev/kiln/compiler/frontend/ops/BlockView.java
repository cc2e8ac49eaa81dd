package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.FrontContext;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.frontend.TensorType;
import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.BlockAccess;
import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Value;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;

/**
 * A rectangular block of a tensor in memory, as pointers and a mask: what block pointers and tensor
 * descriptors are made of.
 *
 * @param base where the tensor begins
 * @param shape the tensor's extents, integers
 * @param strides elements between neighbours along each axis, {@code int64}
 * @param offsets the block's first index along each axis, {@code int32}
 * @param block the block's extents
 * @param rows indices along axis 0, {@code int32}, where they do not follow one another
 */
record BlockView(
    Tensor base,
    List<Tensor> shape,
    List<Tensor> strides,
    List<Tensor> offsets,
    Shape block,
    Optional<Tensor> rows) {
  BlockView(
      Tensor base, List<Tensor> shape, List<Tensor> strides, List<Tensor> offsets, Shape block) {
    this(base, shape, strides, offsets, block, Optional.empty());
  }

  /**
   * The address of each element. The scalar part is kept apart from the tile's, so that in a loop
   * over blocks the tile's part is computed once.
   */
  Tensor pointers(FrontContext ctx) {
    Tensor start = base;
    Tensor inner = null;
    for (int axis = 0; axis < block.rank(); axis++) {
      Tensor stride = strides.get(axis);
      Tensor offset = Casting.number(ctx, offsets.get(axis), DType.I64);
      start = Arithmetic.addPointer(ctx, start, multiply(ctx, offset, stride));
      Tensor along = multiply(ctx, range(ctx, axis, DType.I64), stride);
      inner = inner == null ? along : add(ctx, inner, along);
    }
    return Arithmetic.addPointer(ctx, start, inner);
  }

  /**
   * The same for devices that copy whole blocks.
   *
   * @param isAligned what a tensor descriptor promises
   */
  BlockAccess access(boolean isAligned) {
    return new BlockAccess(
        base.value(), values(shape), values(strides), values(offsets), isAligned);
  }

  private static List<Value> values(List<Tensor> tensors) {
    return tensors.stream().map(Tensor::value).toList();
  }

  /** Which elements lie inside the tensor along the axes that are checked. */
  Optional<Tensor> mask(FrontContext ctx, IntPredicate checked) {
    Tensor mask = null;
    for (int axis = 0; axis < block.rank(); axis++) {
      if (!checked.test(axis)) {
        continue;
      }
      Tensor inside = inside(ctx, axis);
      mask = mask == null ? inside : Arithmetic.logical(ctx, true, mask, inside);
    }
    return Optional.ofNullable(mask).map(flags -> Broadcasting.to(ctx, flags, block));
  }

  /**
   * {@code 0 <= index < extent}. In 32 bits where the extent has no more: an index that wraps is
   * negative and so counts as outside.
   */
  private Tensor inside(FrontContext ctx, int axis) {
    DType dtype = shape.get(axis).type().dtype() == DType.I32 ? DType.I32 : DType.I64;
    Tensor range = range(ctx, axis, dtype);
    Tensor index = add(ctx, range, Casting.number(ctx, offsets.get(axis), dtype));
    Tensor extent = Casting.number(ctx, shape.get(axis), dtype);
    Tensor zero = Literals.of(ctx, 0L, dtype, index.type().shape());
    Tensor limit = Broadcasting.leading(ctx, extent, index.type().shape());
    return Arithmetic.logical(
        ctx,
        true,
        Arithmetic.compare(ctx, CompareKind.GE, index, zero),
        Arithmetic.compare(ctx, CompareKind.LT, index, limit));
  }

  /** The indices along an axis, with extent 1 along the others. */
  private Tensor range(FrontContext ctx, int axis, DType dtype) {
    Shape flat = Shape.of(block.dim(axis));
    Tensor range =
        rows.isPresent() && axis == 0
            ? rows.get()
            : new Tensor(
                ctx.builder().makeRange(0, block.dim(axis)), TensorType.of(DType.I32, flat));
    Tensor wide = Casting.number(ctx, range, dtype);
    for (int other = 0; other < block.rank(); other++) {
      if (other != axis) {
        wide = Broadcasting.expand(ctx, wide, other);
      }
    }
    return wide;
  }

  private static Tensor multiply(FrontContext ctx, Tensor left, Tensor right) {
    return combine(ctx, BinaryKind.MUL, left, right);
  }

  private static Tensor add(FrontContext ctx, Tensor left, Tensor right) {
    return combine(ctx, BinaryKind.ADD, left, right);
  }

  private static Tensor combine(FrontContext ctx, BinaryKind kind, Tensor left, Tensor right) {
    List<Tensor> both = Broadcasting.together(ctx, List.of(left, right));
    return Arithmetic.number(ctx, new Arithmetic.Pair(both.getFirst(), both.getLast()), kind);
  }
}
