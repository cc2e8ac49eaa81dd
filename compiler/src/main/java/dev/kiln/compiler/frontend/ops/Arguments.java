package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.FrontContext;
import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.Constexpr;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.frontend.TensorType;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.IrBuilder;
import dev.kiln.compiler.ir.Shape;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** The arguments of one call of a builtin, by the names of its parameters. */
final class Arguments {
  /** Triton's limit on the elements of one tensor. */
  static final int MOST_ELEMENTS = 1 << 20;

  private final FrontContext context;
  private final Signature signature;
  private final Map<String, FrontValue> values;

  Arguments(FrontContext context, Signature signature, Map<String, FrontValue> values) {
    this.context = context;
    this.signature = signature;
    this.values = values;
  }

  FrontContext context() {
    return context;
  }

  IrBuilder builder() {
    return context.builder();
  }

  String functionName() {
    return signature.name();
  }

  FrontValue value(String name) {
    return values.get(name);
  }

  boolean isNone(String name) {
    return isNone(value(name));
  }

  static boolean isNone(FrontValue value) {
    return value instanceof Constexpr constant && PythonValues.isNone(constant.value());
  }

  /** An error about this call. */
  RuntimeException error(String message) {
    return context.error(functionName() + ": " + message);
  }

  RuntimeException error(String message, String hint) {
    return context.error(functionName() + ": " + message, hint);
  }

  private RuntimeException wrong(String name, String expected) {
    return error("'%s' must be %s, got %s".formatted(name, expected, Typing.describe(value(name))));
  }

  /** A tensor; a number counts as a scalar. */
  Tensor tensor(String name) {
    return tensor(name, value(name));
  }

  private Tensor tensor(String name, FrontValue value) {
    if (value instanceof Tensor || Typing.isNumber(value)) {
      return Typing.toTensor(context, value);
    }
    throw error("'%s' must be a tensor, got %s".formatted(name, Typing.describe(value)));
  }

  Optional<Tensor> optionalTensor(String name) {
    return isNone(name) ? Optional.empty() : Optional.of(tensor(name));
  }

  /** The tensors of {@code *args} or of a tuple; one tensor counts as a tuple of one. */
  List<Tensor> tensors(String name) {
    return Sequences.items(value(name)).orElseGet(() -> List.of(value(name))).stream()
        .map(item -> tensor(name, item))
        .toList();
  }

  Operand operand(String name) {
    FrontValue value = value(name);
    if (value instanceof Tensor || Typing.isNumber(value)) {
      return Operand.of(context, value);
    }
    throw wrong(name, "a tensor or a number");
  }

  /** The elements of {@code *args}. */
  List<FrontValue> items(String name) {
    return Sequences.items(value(name)).orElseThrow(() -> wrong(name, "a tuple or a list"));
  }

  /** {@code *args}, or the elements of a tuple that is the only one of them. */
  List<FrontValue> spread(String name) {
    List<FrontValue> items = items(name);
    return items.size() == 1 ? Sequences.items(items.getFirst()).orElse(items) : items;
  }

  int integer(String name) {
    return integer(name, value(name));
  }

  private int integer(String name, FrontValue value) {
    if (value instanceof Constexpr constant) {
      Optional<BigInteger> number = PythonValues.integer(constant.value());
      if (number.isPresent() && number.get().bitLength() < 32) {
        return number.get().intValue();
      }
    }
    throw error(
        "'%s' must be a compile-time integer, got %s".formatted(name, Typing.describe(value)),
        "declare it as a parameter `name: tl.constexpr`");
  }

  OptionalInt optionalInteger(String name) {
    return isNone(name) ? OptionalInt.empty() : OptionalInt.of(integer(name));
  }

  List<Integer> integers(String name, List<FrontValue> items) {
    List<Integer> result = new ArrayList<>();
    for (FrontValue item : items) {
      result.add(integer(name, item));
    }
    return result;
  }

  boolean flag(String name) {
    if (value(name) instanceof Constexpr constant) {
      return PythonValues.isTrue(context, constant.value());
    }
    throw wrong(name, "a compile-time bool");
  }

  String text(String name) {
    if (value(name) instanceof Constexpr constant) {
      if (constant.value() instanceof String text) {
        return text;
      }
      if (PythonValues.isNone(constant.value())) {
        return "";
      }
    }
    throw wrong(name, "a compile-time string");
  }

  /** One of a few strings, or {@code ""}. */
  String choice(String name, List<String> allowed) {
    String text = text(name);
    if (!text.isEmpty() && !allowed.contains(text)) {
      throw error(
          "%s '%s' is not supported".formatted(name, text),
          "one of '" + String.join("', '", allowed) + "'");
    }
    return text;
  }

  /** A number type. */
  DType dtype(String name) {
    if (element(name) instanceof TensorType.Number number) {
      return number.dtype();
    }
    throw wrong(name, "a dtype");
  }

  Optional<DType> optionalDType(String name) {
    return isNone(name) ? Optional.empty() : Optional.of(dtype(name));
  }

  /** A number or pointer type. */
  TensorType.Element element(String name) {
    return Types.element(value(name)).orElseThrow(() -> wrong(name, "a dtype"));
  }

  /** A shape given as a tuple, a list or one integer; checked. */
  Shape shape(String name) {
    FrontValue value = value(name);
    return shape(name, Sequences.items(value).orElseGet(() -> List.of(value)));
  }

  /** A shape given as separate arguments or as one tuple. */
  Shape spreadShape(String name) {
    return shape(name, spread(name));
  }

  private Shape shape(String name, List<FrontValue> items) {
    int[] dims = integers(name, items).stream().mapToInt(Integer::intValue).toArray();
    return checkShape(Shape.of(dims));
  }

  /** The shape, if its extents are powers of two and it is not too large. */
  Shape checkShape(Shape shape) {
    long elements = 1;
    for (int i = 0; i < shape.rank(); i++) {
      int extent = shape.dim(i);
      if (extent < 1 || Integer.bitCount(extent) != 1) {
        throw error(
            "shape element %d must be a power of 2, got %d in %s"
                .formatted(i, extent, Broadcasting.show(shape)),
            "round up with triton.next_power_of_2 and mask what is too much");
      }
      elements *= extent;
      if (elements > MOST_ELEMENTS) {
        throw error(
            "a tensor of shape %s has more than %d elements"
                .formatted(Broadcasting.show(shape), MOST_ELEMENTS));
      }
    }
    return shape;
  }

  /** An axis of a tensor; negative ones count from the end. */
  int axis(String name, int rank) {
    return axis(name, integer(name), rank);
  }

  int axis(String name, int axis, int rank) {
    if (axis < -rank || axis >= rank) {
      throw error("%s %d is out of range for a tensor of rank %d".formatted(name, axis, rank));
    }
    return axis < 0 ? axis + rank : axis;
  }

  /** A function: a builtin or a {@code jit} function. */
  FrontValue function(String name) {
    FrontValue value = value(name);
    if (value instanceof FrontValue.Callable) {
      return value;
    }
    throw wrong(name, "a jit function");
  }
}
