package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.FrontContext;
import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.frontend.TensorType;
import dev.kiln.compiler.frontend.TensorType.PointerTo;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.MemoryOp.AtomicKind;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Value;
import java.util.List;
import java.util.Optional;

/** Atomic operations on memory; each returns what was there before. */
final class AtomicOperations {
  private static final List<String> SEMANTICS = List.of("acquire", "release", "acq_rel", "relaxed");
  private static final List<String> SCOPES = List.of("gpu", "cta", "sys");

  private AtomicOperations() {}

  static void addTo(OperationTable table) {
    var rows = table.rows(Category.ATOMIC, "triton.language");
    for (String name : List.of("add", "max", "min", "and", "or", "xor", "xchg")) {
      rows.add(
              "atomic_" + name + "(pointer, val, mask=None, sem=None, scope=None)",
              dtypes(name),
              args -> readModifyWrite(args, name))
          .method();
    }
    rows.add(
            "atomic_cas(pointer, cmp, val, sem=None, scope=None)",
            "16, 32 and 64 bits",
            AtomicOperations::compareAndSwap)
        .method()
        .prelude(
            "atomic_poll(pointer, expected_value, sem=None, scope=None, timeout_ns=None)",
            "16, 32 and 64 bits → int1")
        .note("waits for a scalar; a timeout by `globaltimer`")
        .method();
  }

  private static String dtypes(String name) {
    return switch (name) {
      case "add" -> "int32, int64, float16, bfloat16, float32, float64";
      case "max", "min" -> "int32, int64, float32, float64";
      case "xchg" -> "32 and 64 bits";
      default -> "int32, int64";
    };
  }

  private static String semantics(Arguments args) {
    String given = args.choice("sem", SEMANTICS);
    return given.isEmpty() ? "acq_rel" : given;
  }

  private static String scope(Arguments args) {
    String given = args.choice("scope", SCOPES);
    return given.isEmpty() ? "gpu" : given;
  }

  private static Tensor pointer(Arguments args) {
    if (!(args.value("pointer") instanceof Tensor pointer) || !pointer.type().isPointer()) {
      throw args.error(
          "'pointer' must be a pointer or a tensor of pointers, got "
              + Typing.describe(args.value("pointer")));
    }
    MemoryOperations.checkWritable(args, pointer);
    return pointer;
  }

  private static FrontValue readModifyWrite(Arguments args, String name) {
    Tensor pointer = pointer(args);
    DType dtype = ((PointerTo) pointer.type().element()).pointee();
    AtomicKind kind = kind(args, name, dtype);
    Tensor value = MemoryOperations.value(args, "val", pointer);
    Optional<Tensor> mask = args.optionalTensor("mask");
    mask.ifPresent(given -> MemoryOperations.checkMask(args, given));
    return emit(args, kind, pointer, value, mask, semantics(args), scope(args));
  }

  /** One read-modify-write; the value and the mask are brought to the pointer's shape. */
  static Tensor emit(
      Arguments args,
      AtomicKind kind,
      Tensor pointer,
      Tensor value,
      Optional<Tensor> mask,
      String semantics,
      String scope) {
    FrontContext ctx = args.context();
    DType dtype = ((PointerTo) pointer.type().element()).pointee();
    Tensor operand = Casting.number(ctx, fit(args, "val", value, pointer), dtype);
    Optional<Value> flags = mask.map(given -> fit(args, "mask", given, pointer).value());
    Value old =
        ctx.builder().atomicRmw(kind, pointer.value(), operand.value(), flags, semantics, scope);
    return new Tensor(old, operand.type());
  }

  private static Tensor fit(Arguments args, String name, Tensor value, Tensor pointer) {
    Shape shape = pointer.type().shape();
    if (pointer.type().isScalar()) {
      MemoryOperations.checkScalar(args, name, value);
    }
    MemoryOperations.checkFits(args, name, value, shape);
    return Broadcasting.leading(args.context(), value, shape);
  }

  /** The operation for an element type, or why there is none. */
  static AtomicKind kind(Arguments args, String name, DType dtype) {
    boolean half = dtype == DType.FP16 || dtype == DType.BF16;
    boolean tooNarrow = dtype.bits() < 16 || (dtype.bits() == 16 && !half);
    boolean bitwise = List.of("and", "or", "xor").contains(name);
    if (tooNarrow || (half && !name.equals("add")) || (bitwise && dtype.isFloat())) {
      throw args.error(
          "does not support " + dtype.languageName(),
          tooNarrow || half ? "use 32 or 64 bits" : "use an integer pointer");
    }
    return switch (name) {
      case "add" -> AtomicKind.ADD;
      case "and" -> AtomicKind.AND;
      case "or" -> AtomicKind.OR;
      case "xor" -> AtomicKind.XOR;
      case "xchg" -> AtomicKind.XCHG;
      case "max" ->
          dtype.isFloat() ? AtomicKind.MAX : dtype.isSigned() ? AtomicKind.MAXS : AtomicKind.MAXU;
      case "min" ->
          dtype.isFloat() ? AtomicKind.MIN : dtype.isSigned() ? AtomicKind.MINS : AtomicKind.MINU;
      default -> throw new IllegalArgumentException(name);
    };
  }

  private static FrontValue compareAndSwap(Arguments args) {
    FrontContext ctx = args.context();
    Tensor pointer = pointer(args);
    DType dtype = ((PointerTo) pointer.type().element()).pointee();
    if (dtype.bits() < 16) {
      throw args.error("does not support " + dtype.languageName(), "use 16, 32 or 64 bits");
    }
    // Floats are compared by their bits, so that -0 and NaN can be exchanged too.
    DType bits = dtype.isFloat() ? integer(dtype) : dtype;
    Tensor target =
        dtype.isFloat() ? Casting.element(ctx, pointer, new PointerTo(bits, false)) : pointer;
    Tensor expected = bits(args, "cmp", pointer, dtype, bits);
    Tensor value = bits(args, "val", pointer, dtype, bits);
    Value old =
        ctx.builder()
            .atomicCas(
                target.value(), expected.value(), value.value(), semantics(args), scope(args));
    return Casting.bitcast(ctx, new Tensor(old, value.type()), new TensorType.Number(dtype));
  }

  private static Tensor bits(Arguments args, String name, Tensor pointer, DType dtype, DType bits) {
    Tensor given = fit(args, name, MemoryOperations.value(args, name, pointer), pointer);
    Tensor cast = Casting.number(args.context(), given, dtype);
    return Casting.bitcast(args.context(), cast, new TensorType.Number(bits));
  }

  private static DType integer(DType dtype) {
    return switch (dtype.bits()) {
      case 16 -> DType.I16;
      case 32 -> DType.I32;
      default -> DType.I64;
    };
  }
}
