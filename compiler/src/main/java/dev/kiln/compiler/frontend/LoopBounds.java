package dev.kiln.compiler.frontend;

import dev.kiln.compiler.frontend.FrontValue.Constexpr;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Value;
import java.math.BigInteger;
import java.util.List;
import java.util.Optional;

/**
 * Bounds and step of a loop as scalars of one type. A negative constant step is turned round: the
 * loop counts upwards between the exchanged bounds, and its variable is {@code start + stop -
 * count}.
 */
final class LoopBounds {
  private final boolean isReversed;
  private final TensorType type;
  private final Value lower;
  private final Value upper;
  private final Value step;
  private final ControlOp.LoopHints hints;

  LoopBounds(Interpreter interpreter, RangeValue range) {
    Optional<BigInteger> constantStep =
        range.step() instanceof Constexpr c ? Constants.integerValue(c.value()) : Optional.empty();
    constantStep
        .filter(value -> value.signum() == 0)
        .ifPresent(
            value -> {
              throw interpreter.error("the step of a range must not be zero");
            });
    isReversed = constantStep.filter(value -> value.signum() < 0).isPresent();
    FrontValue ascending =
        isReversed ? Constants.integer(constantStep.get().negate()) : range.step();
    Tensor first = scalar(interpreter, isReversed ? range.stop() : range.start());
    Tensor last = scalar(interpreter, isReversed ? range.start() : range.stop());
    Tensor increment = scalar(interpreter, ascending);
    checkIntegers(interpreter, first, last, increment);
    DType dtype =
        promote(promote(first.type().dtype(), last.type().dtype()), increment.type().dtype());
    type = TensorType.scalar(dtype);
    lower = Conversions.castTo(interpreter, first, dtype).value();
    upper = Conversions.castTo(interpreter, last, dtype).value();
    step = Conversions.castTo(interpreter, increment, dtype).value();
    hints = range.hints();
  }

  private static Tensor scalar(Interpreter interpreter, FrontValue value) {
    Tensor tensor = Conversions.toTensor(interpreter, value);
    if (!tensor.type().isScalar()) {
      throw interpreter.error(
          "For loop bounds and step must be scalars, not " + Conversions.describe(tensor));
    }
    return tensor;
  }

  private static void checkIntegers(Interpreter interpreter, Tensor... tensors) {
    for (Tensor tensor : tensors) {
      if (tensor.type().isPointer() || !tensor.type().dtype().isInteger()) {
        throw interpreter.error(
            "For loop bounds and step must all be ints, are ("
                + String.join(", ", List.of(tensors).stream().map(Conversions::describe).toList())
                + ")");
      }
    }
  }

  /** The common type of two integers: the wider one; of equal width the unsigned one. */
  private static DType promote(DType a, DType b) {
    DType left = a.isBool() ? DType.I32 : a;
    DType right = b.isBool() ? DType.I32 : b;
    if (left.bits() != right.bits()) {
      return left.bits() > right.bits() ? left : right;
    }
    return left.isUnsigned() ? left : right;
  }

  TensorType type() {
    return type;
  }

  Value lower() {
    return lower;
  }

  Value upper() {
    return upper;
  }

  Value step() {
    return step;
  }

  boolean isUnsigned() {
    return type.dtype().isUnsigned();
  }

  ControlOp.LoopHints hints() {
    return hints;
  }

  /** The value of the loop's variable for a count of the loop's operation. */
  Tensor iterationValue(Interpreter interpreter, Value count) {
    if (!isReversed) {
      return new Tensor(count, type);
    }
    var builder = interpreter.builder();
    Value fromEnd = builder.binary(BinaryKind.SUB, upper, count);
    return new Tensor(builder.binary(BinaryKind.ADD, fromEnd, lower), type);
  }
}
