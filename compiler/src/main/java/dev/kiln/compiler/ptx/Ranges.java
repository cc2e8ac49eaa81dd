package dev.kiln.compiler.ptx;

/**
 * A set of positions, as closed ranges in order: {@code start, end, start, end ...}. Neighbouring
 * ranges are one.
 */
record Ranges(int... bounds) {
  static final Ranges NONE = new Ranges();

  boolean meets(Ranges other) {
    int[] theirs = other.bounds;
    int i = 0;
    int j = 0;
    while (i < bounds.length && j < theirs.length) {
      if (bounds[i + 1] < theirs[j]) {
        i += 2;
      } else if (theirs[j + 1] < bounds[i]) {
        j += 2;
      } else {
        return true;
      }
    }
    return false;
  }

  /** The union. */
  Ranges with(Ranges other) {
    int[] theirs = other.bounds;
    var merged = new int[bounds.length + theirs.length];
    int size = 0;
    int i = 0;
    int j = 0;
    while (i < bounds.length || j < theirs.length) {
      boolean mine = j == theirs.length || i < bounds.length && bounds[i] <= theirs[j];
      int start = mine ? bounds[i] : theirs[j];
      int end = mine ? bounds[i + 1] : theirs[j + 1];
      if (mine) {
        i += 2;
      } else {
        j += 2;
      }
      if (size > 0 && start <= merged[size - 1] + 1) {
        merged[size - 1] = Math.max(merged[size - 1], end);
      } else {
        merged[size++] = start;
        merged[size++] = end;
      }
    }
    return new Ranges(java.util.Arrays.copyOf(merged, size));
  }
}
