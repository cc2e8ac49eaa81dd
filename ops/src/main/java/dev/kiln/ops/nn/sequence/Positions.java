package dev.kiln.ops.nn.sequence;

import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;

/** The rule of encodings of positions. */
final class Positions {
  private Positions() {}

  static void check(String layer, Tensor x, Tensor table, long first) {
    boolean fits = x.rank() >= 2 && x.dim(-1) == table.dim(1);
    if (!fits || first < 0 || first + x.dim(-2) > table.dim(0)) {
      throw new KilnException(
          "%s: x from place %d on must be ... x at most %d places x %d, but is %s"
              .formatted(layer, first, table.dim(0), table.dim(1), x));
    }
  }
}
