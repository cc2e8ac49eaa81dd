package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.FrontContext;
import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.Constexpr;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.ir.ElementwiseOp.HintKind;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Promises to the compiler, and what a person sees of a running kernel. */
final class HintOperations {
  private HintOperations() {}

  static void addTo(OperationTable table) {
    table
        .rows(Category.HINT, "triton.language")
        .add(
            "multiple_of(input, values)",
            "integers, pointers",
            args -> hint(args, HintKind.DIVISIBILITY))
        .method()
        .add(
            "max_contiguous(input, values)",
            "integers, pointers",
            args -> hint(args, HintKind.CONTIGUITY))
        .method()
        .add("max_constancy(input, values)", "all", args -> hint(args, HintKind.CONSTANCY))
        .method()
        .add("assume(cond)", "int1", HintOperations::assume)
        .add("debug_barrier()", "", HintOperations::barrier)
        .add("expect_zero(x, mask)", "all", args -> args.value("x"))
        .note("ignored")
        .add(
            "static_print(*values, sep=' ', end='', file=None, flush=False)",
            "",
            HintOperations::staticPrint)
        .add("static_assert(cond, msg='')", "", HintOperations::staticAssert)
        .add("device_print(prefix, *args, hex=False)", "numbers", HintOperations::devicePrint)
        .add("device_assert(cond, msg='', mask=None)", "int1", HintOperations::deviceAssert)
        .note("checked in debug compilations only");
  }

  private static FrontValue hint(Arguments args, HintKind kind) {
    FrontContext ctx = args.context();
    FrontValue value = args.value("values");
    List<Integer> values = args.integers("values", Sequences.items(value).orElse(List.of(value)));
    if (args.value("input") instanceof Constexpr) {
      return args.value("input");
    }
    Tensor input = args.tensor("input");
    int axes = Math.max(1, input.type().shape().rank());
    if (values.size() != axes) {
      throw args.error(
          "needs one value for each of the %d dimensions of %s, got %d"
              .formatted(axes, input.type(), values.size()));
    }
    if (values.stream().anyMatch(number -> number < 1)) {
      throw args.error("values must be positive, got " + values);
    }
    List<Integer> known =
        input.type().isScalar() && kind != HintKind.DIVISIBILITY ? List.of(1) : values;
    return Arithmetic.withValue(input, ctx.builder().hint(kind, known, input.value()));
  }

  private static FrontValue assume(Arguments args) {
    FrontContext ctx = args.context();
    if (args.value("cond") instanceof Constexpr constant) {
      if (!PythonValues.isTrue(ctx, constant.value())) {
        throw args.error("the condition is false");
      }
      return MemoryOperations.NOTHING;
    }
    Tensor condition = Casting.notZero(ctx, args.tensor("cond"));
    if (condition.type().shape().size() != 1) {
      throw args.error("the condition must be a scalar, got " + condition.type());
    }
    Value flag = ShapeOperations.scalar(ctx, condition).value();
    ctx.builder().append(new MemoryOp.Assume(ctx.builder().location(), flag));
    return MemoryOperations.NOTHING;
  }

  private static FrontValue barrier(Arguments args) {
    args.builder().append(new MemoryOp.Barrier(args.builder().location()));
    return MemoryOperations.NOTHING;
  }

  // ---- compile time

  private static FrontValue staticPrint(Arguments args) {
    String separator = args.isNone("sep") ? " " : args.text("sep");
    args.context()
        .print(
            args.items("values").stream()
                .map(HintOperations::show)
                .collect(Collectors.joining(separator)));
    return MemoryOperations.NOTHING;
  }

  private static String show(FrontValue value) {
    return value instanceof Constexpr constant
        ? PythonValues.str(constant.value())
        : Typing.describeValue(value);
  }

  private static FrontValue staticAssert(Arguments args) {
    if (!(args.value("cond") instanceof Constexpr condition)) {
      throw args.error(
          "the condition must be known at compile time, got " + Typing.describe(args.value("cond")),
          "use tl.device_assert for values of the running kernel");
    }
    if (!PythonValues.isTrue(args.context(), condition.value())) {
      String message = show(args.value("msg"));
      throw args.context()
          .error(
              message.isEmpty()
                  ? "static assertion failed"
                  : "static assertion failed: " + message);
    }
    return MemoryOperations.NOTHING;
  }

  // ---- run time

  private static FrontValue devicePrint(Arguments args) {
    FrontContext ctx = args.context();
    if (!(args.value("prefix") instanceof Constexpr constant
        && constant.value() instanceof String prefix)) {
      throw args.error(
          "'prefix' must be a compile-time string, got " + Typing.describe(args.value("prefix")));
    }
    List<Value> values = new ArrayList<>();
    List<Boolean> signed = new ArrayList<>();
    for (FrontValue item : args.items("args")) {
      Tensor tensor = Typing.toTensor(ctx, item);
      values.add(tensor.value());
      signed.add(!tensor.type().isPointer() && tensor.type().dtype().isSigned());
    }
    ctx.builder()
        .append(
            new MemoryOp.Print(
                ctx.builder().location(),
                printLabel(prefix, !values.isEmpty()),
                args.flag("hex"),
                signed,
                values));
    return MemoryOperations.NOTHING;
  }

  /** As in Triton, values stand behind a colon and a blank, whether the prefix has them or not. */
  private static String printLabel(String prefix, boolean hasValues) {
    String bare = prefix.strip();
    if (!hasValues) {
      return bare;
    }
    if (bare.endsWith(":")) {
      bare = bare.substring(0, bare.length() - 1).strip();
    }
    return bare.isEmpty() ? "" : bare + ": ";
  }

  private static FrontValue deviceAssert(Arguments args) {
    FrontContext ctx = args.context();
    if (!ctx.specialization().options().debug()) {
      return MemoryOperations.NOTHING;
    }
    Tensor condition = Casting.notZero(ctx, args.tensor("cond"));
    Optional<Tensor> mask = args.optionalTensor("mask").map(given -> Casting.notZero(ctx, given));
    Shape shape = condition.type().shape();
    if (mask.isPresent()) {
      shape = Broadcasting.common(ctx, shape, mask.get().type().shape());
    }
    Shape common = shape;
    ctx.builder()
        .append(
            new MemoryOp.Assert(
                ctx.builder().location(),
                Broadcasting.leading(ctx, condition, common).value(),
                show(args.value("msg")),
                mask.map(given -> Broadcasting.leading(ctx, given, common).value())));
    return MemoryOperations.NOTHING;
  }
}
