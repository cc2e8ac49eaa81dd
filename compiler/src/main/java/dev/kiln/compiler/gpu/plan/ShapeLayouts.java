package dev.kiln.compiler.gpu.plan;

import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.layout.LinearLayout;
import java.util.List;

/** Layouts of operands from those of results of operations that move elements. */
final class ShapeLayouts {
  private ShapeLayouts() {}

  static List<Integer> inverse(List<Integer> order) {
    Integer[] inverse = new Integer[order.size()];
    for (int axis = 0; axis < inverse.length; axis++) {
      inverse[order.get(axis)] = axis;
    }
    return List.of(inverse);
  }

  /** Of each of the two tiles that a concatenation takes. */
  static LinearLayout half(LinearLayout whole, ShapeOp.Cat cat) {
    int extent = cat.left().shape().dim(cat.axis());
    int bit = whole.axisShift(cat.axis()) + Integer.numberOfTrailingZeros(extent);
    int low = (1 << bit) - 1;
    return whole
        .mapped(cat.left().shape(), index -> index & low | index >> 1 & ~low)
        .withoutRepeatedRegisters();
  }
}
