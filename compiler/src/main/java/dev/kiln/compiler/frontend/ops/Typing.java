package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.Composite;
import dev.kiln.compiler.frontend.FrontContext;
import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.Constexpr;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.frontend.FrontValue.TupleValue;
import dev.kiln.compiler.frontend.RangeValue;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Shape;
import java.util.List;
import java.util.stream.Collectors;

/** What {@link dev.kiln.compiler.frontend.Conversions} offers to the interpreter. */
public final class Typing {
  private Typing() {}

  public static Tensor toTensor(FrontContext ctx, FrontValue value) {
    if (value instanceof Tensor tensor) {
      return tensor;
    }
    if (value instanceof Constexpr constant && PythonValues.isNumber(constant.value())) {
      return Literals.scalar(ctx, constant.value());
    }
    throw ctx.error("expected a tensor or a number, got " + describe(value));
  }

  static boolean isNumber(FrontValue value) {
    return value instanceof Constexpr constant && PythonValues.isNumber(constant.value());
  }

  public static Tensor toBoolean(FrontContext ctx, FrontValue value) {
    return Casting.notZero(ctx, toTensor(ctx, value));
  }

  public static Tensor castTo(FrontContext ctx, Tensor value, DType dtype) {
    return Casting.number(ctx, value, dtype);
  }

  public static Tensor broadcastTo(FrontContext ctx, Tensor value, Shape shape) {
    return Broadcasting.to(ctx, value, shape);
  }

  public static List<Tensor> promote(FrontContext ctx, FrontValue left, FrontValue right) {
    Operand a = Operand.of(ctx, left);
    Operand b = Operand.of(ctx, right);
    if (a.isPointer() && b.isPointer()) {
      Tensor first = a.tensor(ctx);
      Tensor second = b.tensor(ctx);
      if (!first.type().element().equals(second.type().element())) {
        throw Arithmetic.invalidOperands(ctx, a, b);
      }
      return Broadcasting.together(ctx, List.of(first, second));
    }
    Arithmetic.Pair pair = Arithmetic.pair(ctx, a, b, false);
    return List.of(pair.left(), pair.right());
  }

  public static DType promote(FrontContext ctx, DType left, DType right) {
    return Promotion.computation(ctx, left, false, right, false, false);
  }

  /** A value's type in the language's terms. */
  public static String describe(FrontValue value) {
    return switch (value) {
      case Tensor tensor -> tensor.type().toString();
      case Constexpr constant -> "constexpr " + PythonValues.repr(constant.value());
      case TupleValue tuple ->
          tuple.items().stream().map(Typing::describe).collect(Collectors.joining(", ", "(", ")"));
      case Composite composite -> composite.typeName();
      case FrontValue.Callable callable -> "function " + shortName(callable.name());
      case FrontValue.Namespace namespace -> "module " + namespace.path();
      case RangeValue ignored -> "range";
      default -> value.toString();
    };
  }

  /** As {@link #describe}, but constants are shown as they are. */
  static String describeValue(FrontValue value) {
    return switch (value) {
      case Constexpr constant -> PythonValues.repr(constant.value());
      case TupleValue tuple ->
          tuple.items().stream()
              .map(Typing::describeValue)
              .collect(Collectors.joining(", ", "(", tuple.items().size() == 1 ? ",)" : ")"));
      default -> describe(value);
    };
  }

  /** {@code load} of {@code triton.language.load}. */
  static String shortName(String qualified) {
    return qualified.substring(qualified.lastIndexOf('.') + 1);
  }
}
