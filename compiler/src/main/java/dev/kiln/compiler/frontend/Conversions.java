package dev.kiln.compiler.frontend;

import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.frontend.ops.Typing;
import dev.kiln.compiler.ir.DType;
import java.util.List;

/** Conversions between values, as assignments, branches and calls need them. */
public final class Conversions {
  private Conversions() {}

  /**
   * A run-time value: a constant becomes a scalar of the type that its value asks for ({@code
   * int32}, {@code uint32}, {@code int64}, {@code uint64}; {@code float32} or {@code float64};
   * {@code int1}).
   */
  public static Tensor toTensor(FrontContext ctx, FrontValue value) {
    return Typing.toTensor(ctx, value);
  }

  /** {@code value != 0} as {@code int1} of the same shape; {@code int1} itself as it is. */
  public static Tensor toBoolean(FrontContext ctx, FrontValue value) {
    return Typing.toBoolean(ctx, value);
  }

  /** {@code value.to(dtype)}; the value itself if it has that type. */
  public static Tensor castTo(FrontContext ctx, Tensor value, DType dtype) {
    return Typing.castTo(ctx, value, dtype);
  }

  /** The value in a shape of its own rank; a scalar takes any shape. */
  public static Tensor broadcastTo(
      FrontContext ctx, Tensor value, dev.kiln.compiler.ir.Shape shape) {
    return Typing.broadcastTo(ctx, value, shape);
  }

  /**
   * Both values with the one type and shape that an arithmetic operator would give them; a constant
   * beside a run-time value takes that one's type where its kind allows it. Pointers must agree.
   */
  public static List<Tensor> promote(FrontContext ctx, FrontValue left, FrontValue right) {
    return Typing.promote(ctx, left, right);
  }

  /** The type in which an arithmetic operator computes run-time values of these types. */
  public static DType promote(FrontContext ctx, DType left, DType right) {
    return Typing.promote(ctx, left, right);
  }

  /** A value's type in the language's terms, for messages: {@code float32[128, 64]}. */
  public static String describe(FrontValue value) {
    return Typing.describe(value);
  }
}
