package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.Conversions;
import dev.kiln.compiler.frontend.FrontContext;
import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.Constexpr;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Shape;
import java.math.BigInteger;

/** A side of an operator: a run-time value, or a number that takes the other side's type. */
sealed interface Operand {
  record Run(Tensor tensor) implements Operand {}

  record Literal(Object number) implements Operand {}

  /** The value as an operand. */
  static Operand of(FrontContext ctx, FrontValue value) {
    return switch (value) {
      case Tensor tensor -> new Run(tensor);
      case Constexpr constant when PythonValues.isNumber(constant.value()) ->
          new Literal(constant.value());
      default ->
          throw ctx.error("expected a tensor or a number, got " + Conversions.describe(value));
    };
  }

  default boolean isLiteral() {
    return this instanceof Literal;
  }

  default boolean isPointer() {
    return this instanceof Run run && run.tensor().type().isPointer();
  }

  /** The type, for a literal its own one. Fails for pointers. */
  default DType dtype(FrontContext ctx) {
    return switch (this) {
      case Run run -> run.tensor().type().dtype();
      case Literal literal -> Literals.naturalType(ctx, literal.number());
    };
  }

  default Shape shape() {
    return switch (this) {
      case Run run -> run.tensor().type().shape();
      case Literal ignored -> Shape.of();
    };
  }

  /** The type as messages show it. */
  default String display(FrontContext ctx) {
    return switch (this) {
      case Run run -> run.tensor().type().toString();
      case Literal literal ->
          PythonValues.repr(literal.number())
              + " ("
              + Literals.naturalType(ctx, literal.number()).languageName()
              + ")";
    };
  }

  /** The operand as a run-time value in its own type. */
  default Tensor tensor(FrontContext ctx) {
    return switch (this) {
      case Run run -> run.tensor();
      case Literal literal -> Literals.scalar(ctx, literal.number());
    };
  }

  /** The operand in the type and shape of the computation; a literal is checked against it. */
  default Tensor as(FrontContext ctx, DType dtype, Shape shape) {
    return switch (this) {
      case Run run -> Broadcasting.leading(ctx, Casting.number(ctx, run.tensor(), dtype), shape);
      case Literal literal -> {
        // A constant tile at once: it folds better than a splat.
        checkRange(ctx, literal.number(), dtype);
        yield Literals.of(ctx, literal.number(), dtype, shape);
      }
    };
  }

  private static void checkRange(FrontContext ctx, Object number, DType dtype) {
    if (!dtype.isInteger() || number instanceof Boolean) {
      return;
    }
    BigInteger value = PythonValues.integer(number).orElseThrow();
    if (value.signum() < 0 && !dtype.isSigned()) {
      throw ctx.error(
          "the negative number %s cannot be combined with a tensor of the unsigned type %s"
              .formatted(value, dtype.languageName()),
          "cast one of them explicitly, for instance x.to(tl.int32)");
    }
    if (!Literals.fits(value, dtype)) {
      throw ctx.error(
          "the number %s is out of range for %s".formatted(value, dtype.languageName()),
          "cast the tensor to a wider type first");
    }
  }
}
