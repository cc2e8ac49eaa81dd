package dev.kiln.compiler.eval;

import dev.kiln.compiler.ir.ElementwiseOp.Hint;
import dev.kiln.compiler.ir.ElementwiseOp.HintKind;
import dev.kiln.compiler.ir.Shape;

/**
 * Whether a value keeps the promise of a {@link Hint}. Of divisibility only the first element is
 * checked, because it speaks of the starts of contiguous runs.
 */
final class HintCheck {
  private HintCheck() {}

  /** The first element that breaks the promise, or -1. */
  static int firstViolation(Hint hint, TileValue value) {
    if (hint.kind() == HintKind.DIVISIBILITY) {
      boolean holds =
          value.isUndefined(0) || hint.values().stream().allMatch(d -> value.longAt(0) % d == 0);
      return holds ? -1 : 0;
    }
    Shape shape = value.type().shape();
    for (int axis = 0; axis < shape.rank() && axis < hint.values().size(); axis++) {
      int found = firstBreak(hint.kind(), hint.values().get(axis), value, axis);
      if (found >= 0) {
        return found;
      }
    }
    return -1;
  }

  /** Compares each element with the one before it in its group along an axis. */
  private static int firstBreak(HintKind kind, int group, TileValue value, int axis) {
    Shape shape = value.type().shape();
    int stride = shape.rowMajorStrides()[axis];
    long difference =
        kind == HintKind.CONSTANCY
            ? 0
            : value.type().isPointer() ? value.type().pointee().bytes() : 1;
    for (int i = 0; i < value.size(); i++) {
      boolean startsGroup = TileValue.multiIndex(shape, i)[axis] % group == 0;
      if (!startsGroup
          && !value.isUndefined(i)
          && !value.isUndefined(i - stride)
          && value.longAt(i) - value.longAt(i - stride) != difference) {
        return i;
      }
    }
    return -1;
  }

  static String describe(Hint hint) {
    String function =
        switch (hint.kind()) {
          case DIVISIBILITY -> "multiple_of";
          case CONTIGUITY -> "max_contiguous";
          case CONSTANCY -> "max_constancy";
        };
    return function + " " + hint.values();
  }
}
