package dev.kiln.compiler.gpu.emit;

import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.ptx.Operand;
import java.util.List;

/**
 * What one thread holds of a tile: register {@code r} is the element {@code layout.index(r, lane,
 * warp)}. One operand for each element, held as {@link Elements} says.
 */
public record Fragment(LinearLayout layout, List<Operand> registers) {
  public Fragment {
    registers = List.copyOf(registers);
    if (registers.size() != layout.registerCount()) {
      throw new IllegalArgumentException(
          registers.size() + " registers for " + layout.registerCount() + " of the layout");
    }
  }
}
