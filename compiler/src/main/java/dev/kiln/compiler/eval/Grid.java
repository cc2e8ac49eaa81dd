package dev.kiln.compiler.eval;

/** Number of programs of a launch along each axis. A launch with a 0 runs nothing. */
public record Grid(int x, int y, int z) {
  public Grid {
    if (x < 0 || y < 0 || z < 0) {
      throw new IllegalArgumentException("grid (%d, %d, %d)".formatted(x, y, z));
    }
  }

  public static Grid of(int x) {
    return new Grid(x, 1, 1);
  }

  public static Grid of(int x, int y) {
    return new Grid(x, y, 1);
  }
}
