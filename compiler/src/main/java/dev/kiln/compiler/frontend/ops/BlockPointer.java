package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.Composite;
import dev.kiln.compiler.frontend.FrontContext;
import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.frontend.TensorType;
import dev.kiln.compiler.frontend.TensorType.PointerTo;
import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.BlockAccess;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.MemoryOp.CacheHints;
import dev.kiln.compiler.ir.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What {@code tl.make_block_ptr} returns. */
record BlockPointer(BlockView view) implements Composite {
  private TensorType.Element element() {
    return view.base().type().element();
  }

  private DType pointee() {
    return ((PointerTo) element()).pointee();
  }

  @Override
  public List<FrontValue> parts() {
    List<FrontValue> parts = new ArrayList<>();
    parts.add(view.base());
    parts.addAll(view.shape());
    parts.addAll(view.strides());
    parts.addAll(view.offsets());
    return parts;
  }

  @Override
  public Composite withParts(List<FrontValue> parts) {
    int rank = view.block().rank();
    List<Tensor> tensors = parts.stream().map(Tensor.class::cast).toList();
    return new BlockPointer(
        new BlockView(
            tensors.getFirst(),
            tensors.subList(1, 1 + rank),
            tensors.subList(1 + rank, 1 + 2 * rank),
            tensors.subList(1 + 2 * rank, 1 + 3 * rank),
            view.block()));
  }

  @Override
  public boolean sameKind(FrontValue other) {
    return other instanceof BlockPointer that
        && that.view.block().equals(view.block())
        && that.element().equals(element());
  }

  @Override
  public String typeName() {
    return "block pointer<%s%s>"
        .formatted(pointee().languageName(), Broadcasting.show(view.block()));
  }

  /** The element type as an attribute: a pointer to the block. */
  TensorType blockType() {
    return TensorType.of(pointee(), view.block());
  }

  /** The pointer moved by a number of elements along each axis. */
  BlockPointer advance(FrontContext ctx, List<Tensor> deltas) {
    List<Tensor> moved = new ArrayList<>();
    for (int axis = 0; axis < deltas.size(); axis++) {
      moved.add(
          Arithmetic.number(
              ctx,
              new Arithmetic.Pair(view.offsets().get(axis), deltas.get(axis)),
              BinaryKind.ADD));
    }
    return new BlockPointer(
        new BlockView(view.base(), view.shape(), view.strides(), moved, view.block()));
  }

  FrontValue load(Arguments args, FrontValue boundaryCheck, String padding, CacheHints hints) {
    FrontContext ctx = args.context();
    List<Integer> checked = boundary(args, boundaryCheck);
    Optional<Tensor> fill = padding(args, padding, pointee());
    Optional<Tensor> mask = view.mask(ctx, checked::contains);
    Optional<Tensor> other =
        mask.isEmpty()
            ? Optional.empty()
            : fill.map(value -> Broadcasting.to(ctx, value, view.block()));
    return MemoryOperations.load(ctx, view.pointers(ctx), mask, other, hints, access(checked));
  }

  void store(Arguments args, Tensor value, FrontValue boundaryCheck, CacheHints hints) {
    FrontContext ctx = args.context();
    MemoryOperations.checkWritable(args, view.base());
    List<Integer> checked = boundary(args, boundaryCheck);
    Shape block = view.block();
    if (!value.type().isScalar() && !value.type().shape().equals(block)) {
      throw args.error(
          "'value' must have the block's shape %s, got %s"
              .formatted(Broadcasting.show(block), value.type()));
    }
    MemoryOperations.store(
        ctx,
        view.pointers(ctx),
        Broadcasting.to(ctx, value, block),
        view.mask(ctx, checked::contains),
        hints,
        access(checked));
  }

  /** Elements outside the tensor are accessed along axes that are not checked. */
  private Optional<BlockAccess> access(List<Integer> checked) {
    boolean isNumber =
        view.shape().stream()
            .map(extent -> extent.type().dtype())
            .allMatch(dtype -> dtype == DType.I32 || dtype == DType.I64);
    return checked.size() == view.block().rank() && isNumber
        ? Optional.of(view.access(false))
        : Optional.empty();
  }

  private List<Integer> boundary(Arguments args, FrontValue value) {
    List<FrontValue> items = Sequences.items(value).orElse(List.of(value));
    int rank = view.block().rank();
    List<Integer> axes = args.integers("boundary_check", items);
    if (axes.stream().distinct().count() != axes.size()) {
      throw args.error("boundary_check names an axis twice: " + axes);
    }
    return axes.stream().map(axis -> args.axis("boundary_check axis", axis, rank)).toList();
  }

  /** What elements outside the tensor read as; absent for none in particular. */
  static Optional<Tensor> padding(Arguments args, String option, DType dtype) {
    return switch (option) {
      case "" -> Optional.empty();
      case "zero" -> Optional.of(Literals.of(args.context(), 0L, dtype, Shape.of()));
      case "nan" -> {
        if (!dtype.isFloat()) {
          throw args.error(
              "padding_option 'nan' is for floats, and the elements are " + dtype.languageName());
        }
        yield Optional.of(Literals.of(args.context(), Double.NaN, dtype, Shape.of()));
      }
      default ->
          throw args.error(
              "padding_option '%s' is not supported".formatted(option), "one of 'zero', 'nan'");
    };
  }
}
