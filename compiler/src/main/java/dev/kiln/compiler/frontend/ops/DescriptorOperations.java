package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.FrontContext;
import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.Constexpr;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.frontend.TensorType.PointerTo;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.MemoryOp.AtomicKind;
import dev.kiln.compiler.ir.MemoryOp.CacheHints;
import dev.kiln.compiler.ir.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Tensor descriptors, as pointer arithmetic. */
public final class DescriptorOperations {
  /** The module under which a descriptor's methods stand in the table. */
  static final String METHODS = "triton.language.tensor_descriptor";

  private static final int MOST_AXES = 5;
  private static final int LEAST_ROW_BYTES = 16;

  private DescriptorOperations() {}

  static void addTo(OperationTable table) {
    String parameters = "(base, shape, strides, block_shape, padding_option='zero')";
    table
        .rows(Category.MEMORY, "triton.language")
        .add("make_tensor_descriptor" + parameters, "all", DescriptorOperations::make)
        .alias("_experimental_make_tensor_descriptor")
        .note(
            "`_experimental_make_tensor_descriptor` too; made of parameters and numbers, TMA copies"
                + " its blocks from sm_90a on, otherwise pointers")
        .add("load_tensor_descriptor(desc, offsets)", "all", DescriptorOperations::load)
        .add("store_tensor_descriptor(desc, offsets, value)", "all", DescriptorOperations::store)
        .add(
            "_experimental_descriptor_load(desc, offsets, block_shape, dtype)",
            "all",
            DescriptorOperations::legacyLoad)
        .note("older name; `desc` must be a descriptor")
        .add(
            "_experimental_descriptor_store(desc, value, offsets)",
            "all",
            DescriptorOperations::store)
        .note("older name; `desc` must be a descriptor")
        .missing("reinterpret_tensor_descriptor(desc_ptr, block_shape, dtype)", "");
    var methods = table.rows(Category.MEMORY, METHODS);
    methods
        .add("load(desc, offsets)", "all", DescriptorOperations::load)
        .note("by TMA from sm_90a on, for operands of products")
        .add("store(desc, offsets, value)", "all", DescriptorOperations::store)
        .note("by TMA from sm_90a on");
    for (String name : List.of("add", "min", "max", "and", "or", "xor")) {
      methods.add(
          "atomic_" + name + "(desc, offsets, value)",
          "as tl.atomic_" + name,
          args -> atomic(args, name));
    }
    methods
        .add("gather(desc, x_offsets, y_offset)", "all", DescriptorRows::gather)
        .note("rows of a descriptor of rank 2 with blocks of one row")
        .add("scatter(desc, value, x_offsets, y_offset)", "all", DescriptorRows::scatter)
        .note("as `desc.gather`; of a row named twice either stays");
  }

  private static FrontValue make(Arguments args) {
    if (!(args.value("base") instanceof Tensor base)
        || !base.type().isPointer()
        || !base.type().isScalar()) {
      throw args.error("'base' must be a pointer, got " + Typing.describe(args.value("base")));
    }
    Shape block = args.shape("block_shape");
    DType dtype = ((PointerTo) base.type().element()).pointee();
    checkBlock(args, block, dtype);
    FrontContext ctx = args.context();
    int rank = block.rank();
    List<Tensor> shape =
        BlockPointerOperations.scalars(args, "shape", rank).stream()
            .map(extent -> Casting.number(ctx, extent, DType.I32))
            .toList();
    checkLastStride(args);
    List<Tensor> strides =
        BlockPointerOperations.scalars(args, "strides", rank).stream()
            .map(stride -> Casting.number(ctx, stride, DType.I64))
            .toList();
    String padding = args.choice("padding_option", List.of("zero", "nan"));
    if (padding.equals("nan") && !dtype.isFloat()) {
      throw args.error(
          "padding_option 'nan' is for floats, and the elements are " + dtype.languageName());
    }
    return new Descriptor(base, shape, strides, block, padding.equals("nan"));
  }

  private static void checkBlock(Arguments args, Shape block, DType dtype) {
    int rank = block.rank();
    if (rank < 1 || rank > MOST_AXES) {
      throw args.error(
          "block_shape must have 1 to %d dimensions, got %d".formatted(MOST_AXES, rank));
    }
    int row = block.dim(rank - 1) * dtype.bytes();
    if (row < LEAST_ROW_BYTES) {
      throw args.error(
          "the last dimension of block_shape must have at least %d bytes, got %d x %d"
              .formatted(LEAST_ROW_BYTES, block.dim(rank - 1), dtype.bytes()));
    }
  }

  private static void checkLastStride(Arguments args) {
    List<FrontValue> strides = args.items("strides");
    boolean one =
        !strides.isEmpty()
            && strides.getLast() instanceof Constexpr last
            && PythonValues.integer(last.value())
                .filter(java.math.BigInteger.ONE::equals)
                .isPresent();
    if (!one) {
      throw args.error(
          "the last stride must be the constant 1, got "
              + (strides.isEmpty() ? "none" : Typing.describe(strides.getLast())));
    }
  }

  /** See {@link dev.kiln.compiler.frontend.Descriptors#fromHost}. */
  public static FrontValue fromHost(
      FrontContext ctx, dev.kiln.compiler.ArgumentSpec.Descriptor spec, List<Tensor> leaves) {
    int rank = spec.blockShape().size();
    if (leaves.size() != 1 + 2 * rank) {
      throw new IllegalArgumentException(
          "a descriptor of rank " + rank + " has no " + leaves.size() + " parts");
    }
    // The last stride of every descriptor is 1, though it is passed.
    List<Tensor> strides = new ArrayList<>(leaves.subList(1 + rank, 2 * rank));
    strides.add(Literals.of(ctx, 1L, DType.I64, Shape.of()));
    Shape block = Shape.of(spec.blockShape().stream().mapToInt(Integer::intValue).toArray());
    return new Descriptor(
        leaves.getFirst(), leaves.subList(1, 1 + rank), strides, block, spec.padWithNan());
  }

  static Descriptor descriptor(Arguments args) {
    if (args.value("desc") instanceof Descriptor descriptor) {
      return descriptor;
    }
    throw args.error(
        "'desc' must be a tensor descriptor, got " + Typing.describe(args.value("desc")),
        "make it with tl.make_tensor_descriptor");
  }

  private static BlockView view(Arguments args, Descriptor descriptor) {
    List<Tensor> offsets =
        BlockPointerOperations.offsets(args, "offsets", descriptor.block().rank());
    return new BlockView(
        descriptor.base(), descriptor.shape(), descriptor.strides(), offsets, descriptor.block());
  }

  /** What loads give beyond the tensor. */
  static Tensor fill(FrontContext ctx, Descriptor descriptor, Shape shape) {
    return Literals.of(
        ctx,
        descriptor.padWithNan() ? (Object) Double.NaN : (Object) 0L,
        descriptor.dtype(),
        shape);
  }

  private static FrontValue load(Arguments args) {
    FrontContext ctx = args.context();
    Descriptor descriptor = descriptor(args);
    BlockView view = view(args, descriptor);
    Tensor fill = fill(ctx, descriptor, descriptor.block());
    return MemoryOperations.load(
        ctx,
        view.pointers(ctx),
        view.mask(ctx, axis -> true),
        Optional.of(fill),
        CacheHints.NONE,
        Optional.of(view.access(true)));
  }

  private static FrontValue legacyLoad(Arguments args) {
    Descriptor descriptor = descriptor(args);
    if (!args.shape("block_shape").equals(descriptor.block())
        || args.dtype("dtype") != descriptor.dtype()) {
      throw args.error(
          "block_shape and dtype must be the descriptor's, which is " + descriptor.typeName());
    }
    return load(args);
  }

  private static Tensor value(Arguments args, Descriptor descriptor) {
    Tensor value = args.tensor("value");
    if (!value.type().shape().equals(descriptor.block())) {
      throw args.error(
          "'value' must have the block's shape %s, got %s"
              .formatted(Broadcasting.show(descriptor.block()), value.type()));
    }
    return value;
  }

  private static FrontValue store(Arguments args) {
    FrontContext ctx = args.context();
    Descriptor descriptor = descriptor(args);
    MemoryOperations.checkWritable(args, descriptor.base());
    Tensor value = value(args, descriptor);
    BlockView view = view(args, descriptor);
    MemoryOperations.store(
        ctx,
        view.pointers(ctx),
        value,
        view.mask(ctx, axis -> true),
        CacheHints.NONE,
        Optional.of(view.access(true)));
    return MemoryOperations.NOTHING;
  }

  private static FrontValue atomic(Arguments args, String name) {
    FrontContext ctx = args.context();
    Descriptor descriptor = descriptor(args);
    MemoryOperations.checkWritable(args, descriptor.base());
    AtomicKind kind = AtomicOperations.kind(args, name, descriptor.dtype());
    Tensor value = value(args, descriptor);
    BlockView view = view(args, descriptor);
    AtomicOperations.emit(
        args, kind, view.pointers(ctx), value, view.mask(ctx, axis -> true), "relaxed", "gpu");
    return MemoryOperations.NOTHING;
  }
}
