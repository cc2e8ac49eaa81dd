package dev.kiln.compiler.jvm.support;

/** A kernel's {@code device_assert} did not hold. */
public final class KernelAssertionError extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final String location;
  private final int x;
  private final int y;
  private final int z;

  KernelAssertionError(String message, String location, int x, int y, int z) {
    super(
        "assertion failed at %s in program (%d, %d, %d): %s".formatted(location, x, y, z, message));
    this.location = location;
    this.x = x;
    this.y = y;
    this.z = z;
  }

  /** {@code file:line:column} of the assertion. */
  public String location() {
    return location;
  }

  /** The program's index along an axis 0 to 2. */
  public int programId(int axis) {
    return switch (axis) {
      case 0 -> x;
      case 1 -> y;
      default -> z;
    };
  }
}
