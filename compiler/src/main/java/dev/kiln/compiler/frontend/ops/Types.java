package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.Constexpr;
import dev.kiln.compiler.frontend.TensorType;
import dev.kiln.compiler.frontend.TensorType.Element;
import dev.kiln.compiler.frontend.TensorType.Number;
import dev.kiln.compiler.frontend.TensorType.PointerTo;
import dev.kiln.compiler.ir.DType;
import java.util.Optional;

/**
 * Types as compile-time values: a {@link DType} for numbers, {@link PointerTo} for pointers, {@link
 * TensorType} for tensors of rank 1 and more.
 */
final class Types {
  private Types() {}

  /** The element type that a compile-time value names. */
  static Optional<Element> element(Object value) {
    return switch (value) {
      case DType dtype -> Optional.of(new Number(dtype));
      case Element element -> Optional.of(element);
      case TensorType type -> Optional.of(type.element());
      default -> Optional.empty();
    };
  }

  static Optional<Element> element(FrontValue value) {
    return value instanceof Constexpr constant ? element(constant.value()) : Optional.empty();
  }

  /** A type as a value of the front end; equal types are equal constants. */
  static Constexpr constant(TensorType type) {
    return type.isScalar() ? constant(type.element()) : new Constexpr(type);
  }

  static Constexpr constant(Element element) {
    return new Constexpr(element instanceof Number number ? number.dtype() : element);
  }
}
