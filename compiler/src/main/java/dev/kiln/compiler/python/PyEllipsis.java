package dev.kiln.compiler.python;

/** Python's {@code ...}. */
public enum PyEllipsis {
  ELLIPSIS;

  @Override
  public String toString() {
    return "Ellipsis";
  }
}
