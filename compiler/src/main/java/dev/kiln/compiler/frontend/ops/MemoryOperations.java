package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.FrontContext;
import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.Constexpr;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.frontend.TensorType;
import dev.kiln.compiler.frontend.TensorType.PointerTo;
import dev.kiln.compiler.ir.BlockAccess;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.MemoryOp.CacheHints;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.python.PyNone;
import java.util.List;
import java.util.Optional;

/** Loads and stores through pointers. */
final class MemoryOperations {
  private static final List<String> LOAD_CACHES = List.of(".ca", ".cg", ".cs", ".cv");
  private static final List<String> STORE_CACHES = List.of(".wb", ".cg", ".cs", ".wt");
  private static final List<String> EVICTIONS =
      List.of("evict_first", "evict_last", "evict_normal", "no_allocate");

  /** What a function without a result returns. */
  static final FrontValue NOTHING = new Constexpr(PyNone.NONE);

  private MemoryOperations() {}

  static void addTo(OperationTable table) {
    table
        .rows(Category.MEMORY, "triton.language")
        .add(
            "load(pointer, mask=None, other=None, boundary_check=(), padding_option='',"
                + " cache_modifier='', eviction_policy='', volatile=False)",
            "all",
            MemoryOperations::load)
        .note("0 where the mask is false and `other` is not given; block pointers too")
        .add(
            "store(pointer, value, mask=None, boundary_check=(), cache_modifier='',"
                + " eviction_policy='')",
            "all",
            MemoryOperations::store)
        .method()
        .note("block pointers too");
  }

  private static CacheHints loadHints(Arguments args) {
    return new CacheHints(
        args.choice("cache_modifier", LOAD_CACHES),
        args.choice("eviction_policy", EVICTIONS),
        args.flag("volatile"));
  }

  private static CacheHints storeHints(Arguments args) {
    return new CacheHints(
        args.choice("cache_modifier", STORE_CACHES),
        args.choice("eviction_policy", EVICTIONS),
        false);
  }

  private static FrontValue load(Arguments args) {
    CacheHints hints = loadHints(args);
    if (args.value("pointer") instanceof BlockPointer pointer) {
      if (!args.isNone("mask") || !args.isNone("other")) {
        throw args.error(
            "'mask' and 'other' do not apply to a block pointer",
            "use boundary_check and padding_option");
      }
      return pointer.load(args, args.value("boundary_check"), args.text("padding_option"), hints);
    }
    Tensor pointer = pointer(args);
    if (!Sequences.items(args.value("boundary_check")).orElse(List.of()).isEmpty()
        || !args.text("padding_option").isEmpty()) {
      throw noBoundaryCheck(args);
    }
    Optional<Tensor> mask = args.optionalTensor("mask");
    Optional<Tensor> other = args.optionalTensor("other");
    if (mask.isEmpty() && other.isPresent()) {
      throw args.error("'other' cannot be given without 'mask'");
    }
    mask.ifPresent(given -> checkMask(args, given));
    if (pointer.type().isScalar()) {
      mask.ifPresent(given -> checkScalar(args, "mask", given));
      other.ifPresent(given -> checkScalar(args, "other", given));
    }
    Shape shape = pointer.type().shape();
    if (mask.isPresent()) {
      shape = Broadcasting.common(args.context(), shape, mask.get().type().shape());
    }
    if (other.isPresent()) {
      shape = Broadcasting.common(args.context(), shape, other.get().type().shape());
    }
    return load(
        args.context(),
        Broadcasting.leading(args.context(), pointer, shape),
        in(args.context(), mask, shape),
        in(args.context(), other, shape),
        hints);
  }

  private static Optional<Tensor> in(FrontContext ctx, Optional<Tensor> value, Shape shape) {
    return value.map(tensor -> Broadcasting.leading(ctx, tensor, shape));
  }

  /**
   * Reads; all operands have one shape.
   *
   * @param other of any number type
   */
  static Tensor load(
      FrontContext ctx,
      Tensor pointer,
      Optional<Tensor> mask,
      Optional<Tensor> other,
      CacheHints hints) {
    return load(ctx, pointer, mask, other, hints, Optional.empty());
  }

  /**
   * Reads; all operands have one shape.
   *
   * @param other of any number type
   * @param block which block of a tensor that is
   */
  static Tensor load(
      FrontContext ctx,
      Tensor pointer,
      Optional<Tensor> mask,
      Optional<Tensor> other,
      CacheHints hints,
      Optional<BlockAccess> block) {
    DType pointee = ((PointerTo) pointer.type().element()).pointee();
    // Booleans are bytes in memory, and any byte but 0 is true.
    DType stored = pointee.isBool() ? DType.I8 : pointee;
    Tensor source = asBytes(ctx, pointer);
    Optional<Value> fill = other.map(value -> Casting.number(ctx, value, stored).value());
    Value value =
        ctx.builder().load(source.value(), mask.map(Tensor::value), fill, hints, of(block, source));
    Tensor loaded = new Tensor(value, TensorType.of(stored, pointer.type().shape()));
    return Casting.number(ctx, loaded, pointee);
  }

  /** The block, unless its elements are accessed as another type than its base points to. */
  private static Optional<BlockAccess> of(Optional<BlockAccess> block, Tensor pointer) {
    return block.filter(
        access -> access.base().type().pointee() == pointer.value().type().pointee());
  }

  private static Tensor asBytes(FrontContext ctx, Tensor pointer) {
    PointerTo type = (PointerTo) pointer.type().element();
    return type.pointee().isBool()
        ? Casting.element(ctx, pointer, new PointerTo(DType.I8, type.isConst()))
        : pointer;
  }

  private static FrontValue store(Arguments args) {
    CacheHints hints = storeHints(args);
    if (args.value("pointer") instanceof BlockPointer pointer) {
      if (!args.isNone("mask")) {
        throw args.error("'mask' does not apply to a block pointer", "use boundary_check");
      }
      pointer.store(args, args.tensor("value"), args.value("boundary_check"), hints);
      return NOTHING;
    }
    FrontContext ctx = args.context();
    Tensor pointer = pointer(args);
    checkWritable(args, pointer);
    if (!Sequences.items(args.value("boundary_check")).orElse(List.of()).isEmpty()) {
      throw noBoundaryCheck(args);
    }
    Tensor value = value(args, "value", pointer);
    Optional<Tensor> mask = args.optionalTensor("mask");
    mask.ifPresent(given -> checkMask(args, given));
    if (pointer.type().isScalar()) {
      checkScalar(args, "value", value);
      mask.ifPresent(given -> checkScalar(args, "mask", given));
    }
    Shape shape = pointer.type().shape();
    checkFits(args, "value", value, shape);
    mask.ifPresent(given -> checkFits(args, "mask", given, shape));
    store(ctx, pointer, Broadcasting.leading(ctx, value, shape), in(ctx, mask, shape), hints);
    return NOTHING;
  }

  /** A value to be written; a literal takes the pointee's type with all its digits. */
  static Tensor value(Arguments args, String name, Tensor pointer) {
    DType pointee = ((PointerTo) pointer.type().element()).pointee();
    return args.operand(name) instanceof Operand.Literal literal
        ? Literals.of(args.context(), literal.number(), pointee, Shape.of())
        : args.tensor(name);
  }

  /** Writes; all operands have one shape. The value is cast to the pointee's type. */
  static void store(
      FrontContext ctx, Tensor pointer, Tensor value, Optional<Tensor> mask, CacheHints hints) {
    store(ctx, pointer, value, mask, hints, Optional.empty());
  }

  /**
   * Writes; all operands have one shape. The value is cast to the pointee's type.
   *
   * @param block which block of a tensor that is
   */
  static void store(
      FrontContext ctx,
      Tensor pointer,
      Tensor value,
      Optional<Tensor> mask,
      CacheHints hints,
      Optional<BlockAccess> block) {
    DType pointee = ((PointerTo) pointer.type().element()).pointee();
    Tensor cast = Casting.number(ctx, value, pointee);
    if (pointee.isBool()) {
      cast = Casting.number(ctx, cast, DType.I8);
    }
    Tensor target = asBytes(ctx, pointer);
    ctx.builder()
        .store(target.value(), cast.value(), mask.map(Tensor::value), hints, of(block, target));
  }

  // ---- checks

  private static Tensor pointer(Arguments args) {
    FrontValue value = args.value("pointer");
    if (value instanceof Descriptor) {
      throw args.error(
          "'pointer' is a tensor descriptor",
          "write desc.%s(offsets%s)"
              .formatted(
                  args.functionName(), args.functionName().equals("store") ? ", value" : ""));
    }
    if (!(value instanceof Tensor tensor) || !tensor.type().isPointer()) {
      throw args.error(
          "'pointer' must be a pointer or a tensor of pointers, got " + Typing.describe(value));
    }
    return tensor;
  }

  /** Whether the kernel may write through a pointer. */
  static void checkWritable(Arguments args, Tensor pointer) {
    if (((PointerTo) pointer.type().element()).isConst()) {
      throw args.error("cannot store to a constant pointer");
    }
  }

  static void checkMask(Arguments args, Tensor mask) {
    if (mask.type().isPointer() || !mask.type().dtype().isBool()) {
      throw args.error(
          "'mask' must be of int1, got " + mask.type(), "write a comparison such as x != 0");
    }
  }

  static void checkScalar(Arguments args, String name, Tensor value) {
    if (!value.type().isScalar()) {
      throw args.error(
          "'%s' cannot be a tensor where the pointer is a scalar, got %s"
              .formatted(name, value.type()),
          "add tl.arange(0, ...) to the pointer");
    }
  }

  /** Whether a value broadcasts to the pointer's shape, which itself must not grow. */
  static void checkFits(Arguments args, String name, Tensor value, Shape shape) {
    Shape common = Broadcasting.common(args.context(), shape, value.type().shape());
    if (!common.equals(shape)) {
      throw args.error(
          "'%s' of shape %s does not fit the pointer's shape %s"
              .formatted(name, Broadcasting.show(value.type().shape()), Broadcasting.show(shape)));
    }
  }

  private static RuntimeException noBoundaryCheck(Arguments args) {
    return args.error(
        "boundary_check and padding_option are for block pointers, and 'pointer' is "
            + Typing.describe(args.value("pointer")),
        "use mask and other");
  }
}
