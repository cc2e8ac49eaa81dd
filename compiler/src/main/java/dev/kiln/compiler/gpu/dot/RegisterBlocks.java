package dev.kiln.compiler.gpu.dot;

import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.gpu.emit.Fragment;
import dev.kiln.compiler.gpu.emit.Packing;
import dev.kiln.compiler.ptx.Operand;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * An operand in registers, each in the thread that needs it: what an earlier product summed, or
 * what no memory is needed for.
 */
final class RegisterBlocks implements OperandBlocks {
  private final Emission emission;
  private final OperandShape operand;
  private final Map<Integer, Operand> elements = new HashMap<>();

  /**
   * @param fragment in a layout whose threads have what the instruction wants of them
   */
  RegisterBlocks(Emission emission, Fragment fragment, OperandShape operand) {
    this.emission = emission;
    this.operand = operand;
    for (int register = 0; register < fragment.registers().size(); register++) {
      elements.putIfAbsent(
          fragment.layout().registerIndex(register), fragment.registers().get(register));
    }
  }

  @Override
  public List<Operand> block(int first, int second) {
    if (operand.isWhole()) {
      return List.of(elements.get(first), elements.get(second));
    }
    int half = operand.k(operand.half());
    return List.of(word(first), word(second), word(first ^ half), word(second ^ half));
  }

  private Operand word(int index) {
    var parts = new ArrayList<Operand>();
    for (int i = 0; i < operand.instruction().kWidth(); i++) {
      parts.add(elements.get(index ^ operand.k(i)));
    }
    return Packing.words(emission.ptx(), operand.instruction().bits(), parts).getFirst();
  }
}
