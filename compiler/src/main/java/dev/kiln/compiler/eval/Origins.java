package dev.kiln.compiler.eval;

/** Undefinedness of element-by-element results: see {@link TileValue#origins()}. */
final class Origins {
  private Origins() {}

  /** Undefined wherever one of the operands is. */
  static int[] of(TileValue... operands) {
    int[] merged = null;
    for (TileValue operand : operands) {
      merged = merge(merged, operand.origins());
    }
    return merged;
  }

  private static int[] merge(int[] left, int[] right) {
    if (left == null || right == null) {
      return left == null ? right : left;
    }
    int[] merged = left.clone();
    for (int i = 0; i < merged.length; i++) {
      if (merged[i] == 0) {
        merged[i] = right[i];
      }
    }
    return merged;
  }

  /**
   * As {@link #of}, for an operation with an operand that settles the result alone ({@code 0} for
   * and): there the result is defined.
   */
  static int[] unlessSettled(TileValue left, TileValue right, long settling) {
    int[] merged = of(left, right);
    if (merged == null) {
      return null;
    }
    int[] origins = merged.clone();
    for (int i = 0; i < origins.length; i++) {
      if (settles(left, i, settling) || settles(right, i, settling)) {
        origins[i] = 0;
      }
    }
    return origins;
  }

  private static boolean settles(TileValue operand, int index, long settling) {
    return !operand.isUndefined(index) && operand.longAt(index) == settling;
  }
}
