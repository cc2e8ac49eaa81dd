package dev.kiln.compiler.frontend;

import dev.kiln.compiler.ir.Value;
import java.util.List;
import java.util.Optional;

/** What an expression of a kernel evaluates to while it is being specialised. */
public interface FrontValue {
  /** A value that exists when the kernel runs. */
  record Tensor(Value value, TensorType type) implements FrontValue {}

  /**
   * A compile-time constant: a Python value as {@code dev.kiln.compiler.python} represents it
   * (numbers, strings, {@code None}, a {@link dev.kiln.compiler.ir.DType}, types such as {@code
   * pointer_type}, and host functions).
   */
  record Constexpr(Object value) implements FrontValue {}

  /** A tuple or list of values, perhaps with names (named tuples, shapes, several results). */
  record TupleValue(List<FrontValue> items, Optional<List<String>> names) implements FrontValue {
    public TupleValue {
      items = List.copyOf(items);
    }

    public TupleValue(List<FrontValue> items) {
      this(items, Optional.empty());
    }
  }

  /**
   * Something that can be called from a kernel: a builtin, a {@code jit} function, a method bound
   * to its object.
   */
  interface Callable extends FrontValue {
    String name();

    FrontValue call(
        FrontContext context, List<FrontValue> args, java.util.Map<String, FrontValue> kwargs);
  }

  /** An imported module or a namespace in it, by its full name: {@code triton.language.math}. */
  record Namespace(String path) implements FrontValue {}
}
