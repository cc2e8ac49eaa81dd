package dev.kiln.compiler.layout;

import java.util.Arrays;

/**
 * A linear map over GF(2) between numbers seen as vectors of bits: {@code columns[i]} is what bit
 * {@code i} maps to; what any number maps to is the exclusive or of the columns of its bits.
 */
public record LinearMap(int... columns) {
  /** Numbers of so many bits, each mapped to itself. */
  public static LinearMap identity(int bits) {
    int[] columns = new int[bits];
    for (int bit = 0; bit < bits; bit++) {
      columns[bit] = 1 << bit;
    }
    return new LinearMap(columns);
  }

  /** One map for several numbers that lie beside each other in one, the first lowest. */
  static LinearMap concatenated(int[]... parts) {
    return new LinearMap(Arrays.stream(parts).flatMapToInt(Arrays::stream).toArray());
  }

  public int inputBits() {
    return columns.length;
  }

  /** What a number maps to; bits above {@link #inputBits()} are ignored. */
  public int apply(int number) {
    return combine(columns, number);
  }

  static int combine(int[] columns, int number) {
    int result = 0;
    for (int bit = 0; bit < columns.length; bit++) {
      result ^= (number >> bit & 1) == 0 ? 0 : columns[bit];
    }
    return result;
  }

  /** First this, then {@code next}. */
  public LinearMap then(LinearMap next) {
    return new LinearMap(Arrays.stream(columns).map(next::apply).toArray());
  }

  public int rank() {
    return columns.length - Integer.bitCount(freeColumns());
  }

  /** Whether different numbers map to different numbers. */
  public boolean isInjective() {
    return freeColumns() == 0;
  }

  /**
   * The bits whose columns are combinations of lower ones: with these bits zero, each number of the
   * image is reached exactly once.
   */
  public int freeColumns() {
    return new Elimination(columns).free;
  }

  /** Independent columns that span the image. */
  public int[] imageBasis() {
    return Span.of(columns).vectors();
  }

  /** Whether a number is in the image. */
  public boolean reaches(int number) {
    return apply(inverse(32).apply(number)) == number;
  }

  /**
   * A map back: {@code apply(inverse.apply(y)) == y} for every {@code y} of the image, with the
   * free bits ({@link #freeColumns()}) zero. What is outside the image maps to something, linearly.
   *
   * @param outputBits of the numbers that this map gives
   */
  public LinearMap inverse(int outputBits) {
    var elimination = new Elimination(columns);
    int[] back = new int[outputBits];
    for (int bit = 0; bit < outputBits; bit++) {
      back[bit] = elimination.source[bit];
    }
    return new LinearMap(back);
  }

  /** Numbers that span all that map to zero; one for each free column. */
  public int[] kernel() {
    var elimination = new Elimination(columns);
    return Arrays.copyOf(elimination.kernel, elimination.kernelSize);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LinearMap map && Arrays.equals(columns, map.columns);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(columns);
  }

  @Override
  public String toString() {
    return Arrays.toString(columns);
  }

  /** Gauss-Jordan elimination of columns, taken from the lowest bit up. */
  private static final class Elimination {
    /** For each pivot bit a vector of the image that has this pivot bit and no other. */
    private final int[] reduced = new int[32];

    /** What maps to {@link #reduced}. */
    private final int[] source = new int[32];

    private final int[] kernel;
    private int kernelSize;
    private int pivots;
    private int free;

    Elimination(int[] columns) {
      kernel = new int[columns.length];
      for (int i = 0; i < columns.length; i++) {
        insert(columns[i], 1 << i);
      }
    }

    private void insert(int column, int input) {
      int vector = column;
      int from = input;
      for (int rest = vector & pivots; rest != 0; rest &= rest - 1) {
        int pivot = Integer.numberOfTrailingZeros(rest);
        vector ^= reduced[pivot];
        from ^= source[pivot];
      }
      if (vector == 0) {
        free |= input;
        kernel[kernelSize++] = from;
        return;
      }
      int pivot = Integer.numberOfTrailingZeros(vector);
      for (int rest = pivots; rest != 0; rest &= rest - 1) {
        int other = Integer.numberOfTrailingZeros(rest);
        if ((reduced[other] >> pivot & 1) != 0) {
          reduced[other] ^= vector;
          source[other] ^= from;
        }
      }
      reduced[pivot] = vector;
      source[pivot] = from;
      pivots |= 1 << pivot;
    }
  }

  /** The bits of a number of places; fails unless it is a power of two. */
  public static int log2(int powerOfTwo) {
    if (Integer.bitCount(powerOfTwo) != 1) {
      throw new IllegalArgumentException(powerOfTwo + " is no power of two");
    }
    return Integer.numberOfTrailingZeros(powerOfTwo);
  }
}
