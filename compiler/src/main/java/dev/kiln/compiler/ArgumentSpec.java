package dev.kiln.compiler;

import dev.kiln.compiler.ir.DType;
import java.util.List;
import java.util.Optional;

/**
 * What a specialisation knows about one parameter of a kernel.
 *
 * <p>The kinds of most parameters spell their hash code out: a new process takes tens of
 * milliseconds to link those that a record has by itself, and the first launch needs them.
 */
public sealed interface ArgumentSpec {
  /** The same without what is known to divide addresses and integers. */
  default ArgumentSpec undivided() {
    return switch (this) {
      case Pointer pointer -> new Pointer(pointer.pointee, pointer.isConst, 1);
      case Scalar scalar -> new Scalar(scalar.dtype, 1);
      case Tuple tuple ->
          new Tuple(
              tuple.elements.stream().map(ArgumentSpec::undivided).toList(), tuple.fieldNames);
      case Constant constant -> constant;
      case Descriptor descriptor -> descriptor;
    };
  }

  /**
   * A pointer to elements in global memory.
   *
   * @param divisibility 16 if the address is known to be a multiple of 16 bytes, else 1
   * @param isConst whether the kernel may only read through it
   */
  record Pointer(DType pointee, boolean isConst, int divisibility) implements ArgumentSpec {
    @Override
    public int hashCode() {
      return 31 * pointee.hashCode() + 2 * divisibility + (isConst ? 1 : 0);
    }
  }

  /**
   * A number.
   *
   * @param divisibility 16 if the integer is known to be a multiple of 16, else 1
   */
  record Scalar(DType dtype, int divisibility) implements ArgumentSpec {
    @Override
    public int hashCode() {
      return 31 * dtype.hashCode() + divisibility;
    }
  }

  /**
   * A compile-time constant: a Python value ({@code Long}, {@code BigInteger}, {@code Double},
   * {@code Boolean}, {@code String}, {@code PyNone.NONE}, a {@link DType}, a tuple of such).
   *
   * @param value as {@code dev.kiln.compiler.python} represents it
   */
  record Constant(Object value) implements ArgumentSpec {
    @Override
    public int hashCode() {
      return value.hashCode();
    }
  }

  /**
   * Several arguments passed as one, each specialised on its own; {@code fieldNames} for a named
   * tuple.
   */
  record Tuple(List<ArgumentSpec> elements, Optional<List<String>> fieldNames)
      implements ArgumentSpec {
    public Tuple {
      elements = List.copyOf(elements);
    }
  }

  /**
   * A tensor descriptor made by the host. It takes one pointer argument, then {@code rank} shapes
   * ({@code i32}), then {@code rank} strides ({@code i64}, elements; the last is 1).
   */
  record Descriptor(DType dtype, List<Integer> blockShape, boolean padWithNan)
      implements ArgumentSpec {
    public Descriptor {
      blockShape = List.copyOf(blockShape);
    }
  }
}
