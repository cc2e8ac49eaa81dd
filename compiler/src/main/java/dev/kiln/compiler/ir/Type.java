package dev.kiln.compiler.ir;

/** The type of a value of tile IR. */
public sealed interface Type {
  /** A single number; never an unsigned {@link DType}. */
  record Scalar(DType dtype) implements Type {
    @Override
    public String toString() {
      return dtype.shortName();
    }
  }

  /** An address in global memory, 64 bits, of elements of the given type. */
  record Pointer(DType pointee) implements Type {
    @Override
    public String toString() {
      return "*" + pointee.shortName();
    }
  }

  /**
   * Many numbers or addresses; {@code element} is a {@link Scalar} or a {@link Pointer}, all
   * extents are powers of two, the rank is at least 1.
   */
  record Tile(Type element, Shape shape) implements Type {
    @Override
    public String toString() {
      return "tile<" + shape + "x" + element + ">";
    }
  }

  static Type scalar(DType dtype) {
    return new Scalar(dtype.signless());
  }

  static Type pointer(DType pointee) {
    return new Pointer(pointee.signless());
  }

  /** A tile of the shape, or the element itself where the rank is 0. */
  static Type tile(Type element, Shape shape) {
    return shape.rank() == 0 ? element : new Tile(element, shape);
  }

  /** The element of a tile; a scalar or pointer is its own element. */
  default Type element() {
    return this instanceof Tile tile ? tile.element : this;
  }

  /** The shape of a tile; a scalar or pointer has rank 0. */
  default Shape shape() {
    return this instanceof Tile tile ? tile.shape : Shape.of();
  }

  default boolean isTile() {
    return this instanceof Tile;
  }

  default boolean isPointer() {
    return element() instanceof Pointer;
  }

  /** The number type of the elements; pointers count as {@code i64}. */
  default DType dtype() {
    return element() instanceof Scalar scalar ? scalar.dtype : DType.I64;
  }

  /** What the elements point to; fails for numbers. */
  default DType pointee() {
    return ((Pointer) element()).pointee;
  }

  /** This type with other elements of the same shape. */
  default Type withElement(Type element) {
    return tile(element, shape());
  }

  default Type withDType(DType dtype) {
    return withElement(scalar(dtype));
  }

  default Type withShape(Shape shape) {
    return tile(element(), shape);
  }
}
