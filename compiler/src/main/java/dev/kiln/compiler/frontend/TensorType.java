package dev.kiln.compiler.frontend;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Type;

/**
 * The type of a run-time value in the kernel language: unlike tile IR it knows an integer's sign
 * and whether a pointer is const.
 *
 * @param shape rank 0 for scalars and pointers
 */
public record TensorType(Element element, Shape shape) {
  /** What a tensor holds. */
  public sealed interface Element {
    /** {@code int32}, {@code pointer<float16>}: as in Triton's messages. */
    String display();
  }

  public record Number(DType dtype) implements Element {
    @Override
    public String display() {
      return dtype.languageName();
    }
  }

  public record PointerTo(DType pointee, boolean isConst) implements Element {
    @Override
    public String display() {
      return "pointer<" + (isConst ? "const " : "") + pointee.languageName() + ">";
    }
  }

  public static TensorType scalar(DType dtype) {
    return new TensorType(new Number(dtype), Shape.of());
  }

  public static TensorType of(DType dtype, Shape shape) {
    return new TensorType(new Number(dtype), shape);
  }

  public boolean isPointer() {
    return element instanceof PointerTo;
  }

  public boolean isScalar() {
    return shape.rank() == 0;
  }

  /** The number type; fails for pointers. */
  public DType dtype() {
    return ((Number) element).dtype();
  }

  public TensorType withShape(Shape newShape) {
    return new TensorType(element, newShape);
  }

  public TensorType withDType(DType dtype) {
    return new TensorType(new Number(dtype), shape);
  }

  /** The type of the tile IR value that represents it. */
  public Type irType() {
    Type irElement =
        switch (element) {
          case Number number -> Type.scalar(number.dtype());
          case PointerTo pointer -> Type.pointer(pointer.pointee());
        };
    return Type.tile(irElement, shape);
  }

  /** {@code float32} or {@code float32[128, 64]}, as messages show it. */
  @Override
  public String toString() {
    return shape.rank() == 0
        ? element.display()
        : element.display() + "[" + shape.toString().replace("x", ", ") + "]";
  }
}
