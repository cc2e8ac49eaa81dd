package dev.kiln.compiler.python;

import dev.kiln.compiler.syntax.Expr;
import java.util.List;
import java.util.Optional;

/**
 * A value of a kind that Python does not have, which takes part in expressions: modules, dtypes,
 * wrappers of constants. One that can be called is a {@link PyCallable} too. What is empty here is
 * not supported, and becomes a {@code TypeError}.
 */
public interface PyObject {
  /** The name of its type, for messages. */
  String typeName();

  default Optional<Object> attribute(String name) {
    return Optional.empty();
  }

  /**
   * Sets an attribute.
   *
   * @return whether there is one that can be set
   * @throws PythonError if it does not take the value
   */
  default boolean setAttribute(String name, Object value) {
    return false;
  }

  /**
   * This object with another operand.
   *
   * @param reflected whether this object stands on the right
   */
  default Optional<Object> binary(Expr.BinaryOp op, Object other, boolean reflected) {
    return Optional.empty();
  }

  default Optional<Object> unary(Expr.UnaryOp op) {
    return Optional.empty();
  }

  /**
   * This object compared with another; not asked for {@code is}, {@code in} and their opposites.
   * {@code ==} and {@code !=} that are empty fall back on {@link Object#equals}.
   *
   * @param op as if this object stood on the left
   */
  default Optional<Object> compare(Expr.CompareOp op, Object other) {
    return Optional.empty();
  }

  default boolean truth() {
    return true;
  }

  default Optional<Object> index(Object key) {
    return Optional.empty();
  }

  /** Its items, if it can be iterated, measured and searched. */
  default Optional<List<Object>> items() {
    return Optional.empty();
  }

  default String repr() {
    return toString();
  }

  default String str() {
    return repr();
  }
}
