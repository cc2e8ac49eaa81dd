package dev.kiln.runtime;

/** How many program instances a launch has along each axis. A grid with a 0 launches nothing. */
public record Grid(int x, int y, int z) {
  private static final int MAX_YZ = 65_535;

  /**
   * @throws KilnException if an extent is negative, or {@code y} or {@code z} exceeds 65,535, or
   *     the product exceeds 2<sup>31</sup> - 1
   */
  public Grid {
    if (x < 0 || y < 0 || z < 0) {
      throw new KilnException("a grid must not be negative: " + x + "," + y + "," + z);
    }
    if (y > MAX_YZ || z > MAX_YZ) {
      throw new KilnException(
          "a grid may have at most "
              + MAX_YZ
              + " programs along y and z: "
              + x
              + ","
              + y
              + ","
              + z);
    }
    if ((long) x * y > Integer.MAX_VALUE || (long) x * y * z > Integer.MAX_VALUE) {
      throw new KilnException(
          "a grid may have at most 2147483647 programs: " + x + "," + y + "," + z);
    }
  }

  /** {@code x} programs along the first axis. */
  public static Grid of(int x) {
    return new Grid(x, 1, 1);
  }

  /** {@code x} by {@code y} programs. */
  public static Grid of(int x, int y) {
    return new Grid(x, y, 1);
  }

  /** {@code x} by {@code y} by {@code z} programs. */
  public static Grid of(int x, int y, int z) {
    return new Grid(x, y, z);
  }

  /** Number of programs. */
  public int size() {
    return x * y * z;
  }

  /** {@code ceil(n / block)}: programs of {@code block} elements that cover {@code n}. */
  public static int cdiv(long n, long block) {
    return Math.toIntExact(Math.ceilDiv(n, block));
  }

  @Override
  public String toString() {
    return "(" + x + ", " + y + ", " + z + ")";
  }
}
