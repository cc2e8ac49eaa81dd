package dev.kiln.compiler.frontend;

import dev.kiln.compiler.frontend.FrontValue.Constexpr;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.ir.DType;

/** Constants that take the type of the run-time value which stands in their place elsewhere. */
final class Weak {
  private Weak() {}

  /**
   * A constant number as a scalar: of the other value's type if that is a scalar whose kind can
   * hold it, else of the type that the constant asks for.
   */
  static Tensor toTensor(Interpreter interpreter, Constexpr constant, FrontValue other) {
    Tensor own = Conversions.toTensor(interpreter, constant);
    if (other instanceof Tensor tensor
        && tensor.type().isScalar()
        && !tensor.type().isPointer()
        && rank(own.type().dtype()) <= rank(tensor.type().dtype())) {
      return Conversions.castTo(interpreter, own, tensor.type().dtype());
    }
    return own;
  }

  private static int rank(DType dtype) {
    return switch (dtype.kind()) {
      case BOOL -> 0;
      case SIGNED, UNSIGNED -> 1;
      case FLOAT -> 2;
    };
  }
}
