package dev.kiln.compiler.frontend;

import dev.kiln.compiler.frontend.FrontValue.Tensor;
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
    throw ctx.error("not there yet");
  }

  /** {@code value != 0} as {@code int1} of the same shape; {@code int1} itself as it is. */
  public static Tensor toBoolean(FrontContext ctx, FrontValue value) {
    throw ctx.error("not there yet");
  }

  /** {@code value.to(dtype)}; the value itself if it has that type. */
  public static Tensor castTo(FrontContext ctx, Tensor value, DType dtype) {
    throw ctx.error("not there yet");
  }

  /**
   * Both values with the one type and shape that an arithmetic operator would give them; a constant
   * beside a run-time value takes that one's type where its kind allows it. Pointers must agree.
   */
  public static List<Tensor> promote(FrontContext ctx, FrontValue left, FrontValue right) {
    throw ctx.error("not there yet");
  }

  /** The type in which an arithmetic operator computes run-time values of these types. */
  public static DType promote(FrontContext ctx, DType left, DType right) {
    throw ctx.error("not there yet");
  }

  /** A value's type in the language's terms, for messages: {@code float32[128, 64]}. */
  public static String describe(FrontValue value) {
    return value.toString();
  }
}
