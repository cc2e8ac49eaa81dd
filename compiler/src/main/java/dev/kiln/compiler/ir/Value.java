package dev.kiln.compiler.ir;

import java.util.Objects;

/**
 * A value of tile IR: defined once, by an operation or as a parameter of a block. Compared by
 * identity.
 */
public final class Value {
  private final Type type;
  private final String hint;

  public Value(Type type, String hint) {
    this.type = Objects.requireNonNull(type);
    this.hint = Objects.requireNonNull(hint);
  }

  public Value(Type type) {
    this(type, "");
  }

  public Type type() {
    return type;
  }

  /** The name of the source variable, or empty; for people only. */
  public String hint() {
    return hint;
  }

  public DType dtype() {
    return type.dtype();
  }

  public Shape shape() {
    return type.shape();
  }

  @Override
  public String toString() {
    return "%"
        + (hint.isEmpty() ? Integer.toHexString(System.identityHashCode(this)) : hint)
        + ": "
        + type;
  }
}
