package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.Constexpr;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.frontend.FrontValue.TupleValue;
import dev.kiln.compiler.frontend.TensorType;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Shape;
import java.util.List;
import java.util.Locale;

/** Types and kinds of values, as functions. */
final class TypeOperations {
  private TypeOperations() {}

  static void addTo(OperationTable table) {
    table
        .rows(Category.TYPE, "triton.language")
        .add("pointer_type(element_ty, address_space=1, const=False)", "all", args -> pointer(args))
        .note("pointers to pointers are not supported")
        .add("block_type(element_ty, shape)", "all", TypeOperations::block)
        .add("dtype(name)", "all", TypeOperations::dtype)
        .add("constexpr(value)", "constants", TypeOperations::constexpr)
        .add("tensor(*args)", "", args -> onlyClass(args))
        .note("for `isinstance` and annotations")
        .add("tensor_descriptor(*args)", "", args -> onlyClass(args))
        .note("for `isinstance` and annotations")
        .add("const(*args)", "", args -> onlyClass(args))
        .note("annotation: the kernel only reads through the pointer")
        .add("tuple(values=())", "", TypeOperations::tuple)
        .missing("slice(start, stop=None, step=None)", "")
        .add("get_int_dtype(bitwidth, signed)", "", TypeOperations::integerType);
    table
        .rows(Category.TYPE, "triton.language.standard")
        .add("_log2(i)", "constants", TypeOperations::log2)
        .note("private to Triton, but used by published kernels")
        .add("_get_flip_dim(dim, shape)", "constants", TypeOperations::lastAxis)
        .alias("_get_sort_dim")
        .note("private to Triton; `_get_sort_dim` too");
  }

  private static FrontValue integerType(Arguments args) {
    int bits = args.integer("bitwidth");
    boolean signed = args.flag("signed");
    return new Constexpr(
        DType.parse((signed ? "i" : "u") + bits)
            .filter(dtype -> !dtype.isBool() || bits == 1)
            .orElseThrow(() -> args.error("there is no integer type of %d bits".formatted(bits))));
  }

  private static FrontValue log2(Arguments args) {
    int number = args.integer("i");
    if (Integer.bitCount(number) != 1) {
      throw args.error("needs a power of 2, got " + number);
    }
    return new Constexpr((long) Integer.numberOfTrailingZeros(number));
  }

  private static FrontValue lastAxis(Arguments args) {
    int rank = args.items("shape").size();
    return args.isNone("dim")
        ? new Constexpr(rank - 1L)
        : new Constexpr((long) args.axis("dim", rank));
  }

  private static FrontValue pointer(Arguments args) {
    if (!(args.element("element_ty") instanceof TensorType.Number number)) {
      throw args.error("pointers to pointers are not supported yet");
    }
    return Types.constant(new TensorType.PointerTo(number.dtype(), args.flag("const")));
  }

  private static FrontValue block(Arguments args) {
    Shape shape = args.shape("shape");
    return Types.constant(new TensorType(args.element("element_ty"), shape));
  }

  private static FrontValue dtype(Arguments args) {
    String name = args.text("name").toLowerCase(Locale.ROOT);
    return new Constexpr(
        DType.parse(name).orElseThrow(() -> args.error("there is no type '" + name + "'")));
  }

  private static FrontValue constexpr(Arguments args) {
    FrontValue value = args.value("value");
    if (value instanceof Tensor) {
      throw args.error(
          "a value of the running kernel is no constant, got " + Typing.describe(value),
          "pass it to a parameter that is not declared tl.constexpr");
    }
    return value;
  }

  private static FrontValue tuple(Arguments args) {
    return new TupleValue(args.items("values"));
  }

  private static FrontValue onlyClass(Arguments args) {
    throw args.error("cannot be called; it is for isinstance and annotations");
  }

  /** Whether a value is of a kind that a class of Python or of the language names. */
  static boolean isInstance(FrontValue value, String className) {
    return switch (className) {
      case "triton.language.tensor" -> value instanceof Tensor;
      case "triton.language.constexpr" -> value instanceof Constexpr;
      case "triton.language.dtype" ->
          value instanceof Constexpr constant && Types.element(constant.value()).isPresent();
      case "triton.language.tensor_descriptor" -> value instanceof Descriptor;
      case "triton.language.tuple", "builtins.tuple" -> Sequences.isSequence(value);
      case "builtins.list" -> false;
      case "builtins.bool" -> value instanceof Constexpr c && c.value() instanceof Boolean;
      case "builtins.int" ->
          value instanceof Constexpr c && PythonValues.integer(c.value()).isPresent();
      case "builtins.float" -> value instanceof Constexpr c && c.value() instanceof Double;
      case "builtins.str" -> value instanceof Constexpr c && c.value() instanceof String;
      default -> false;
    };
  }

  static final List<String> CLASSES =
      List.of(
          "triton.language.tensor",
          "triton.language.constexpr",
          "triton.language.dtype",
          "triton.language.tensor_descriptor",
          "triton.language.tuple",
          "builtins.tuple",
          "builtins.list",
          "builtins.bool",
          "builtins.int",
          "builtins.float",
          "builtins.str");
}
