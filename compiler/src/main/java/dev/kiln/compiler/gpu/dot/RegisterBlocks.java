package dev.kiln.compiler.gpu.dot;

import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.gpu.emit.LazyFragment;
import dev.kiln.compiler.gpu.emit.Packing;
import dev.kiln.compiler.ptx.Operand;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * An operand in registers, each in the thread that needs it: what an earlier product summed, what
 * no memory is needed for, or what is made of loads that run ahead. Elements are asked for block by
 * block, so that not all of them are there at a time.
 */
final class RegisterBlocks implements OperandBlocks {
  private final Emission emission;
  private final LazyFragment fragment;
  private final UnaryOperator<Operand> prepare;
  private final OperandShape operand;
  private final Map<Integer, Integer> registers = new HashMap<>();
  private final Map<Integer, Operand> prepared = new HashMap<>();

  /**
   * @param fragment in a layout whose threads have what the instruction wants of them
   * @param prepare makes what the instruction wants of an element
   */
  RegisterBlocks(
      Emission emission,
      LazyFragment fragment,
      UnaryOperator<Operand> prepare,
      OperandShape operand) {
    this.emission = emission;
    this.fragment = fragment;
    this.prepare = prepare;
    this.operand = operand;
    for (int register = 0; register < fragment.layout().registerCount(); register++) {
      registers.putIfAbsent(fragment.layout().registerIndex(register), register);
    }
  }

  @Override
  public List<Operand> block(int first, int second) {
    if (operand.isWhole()) {
      return List.of(element(first), element(second));
    }
    int half = operand.k(operand.half());
    return List.of(word(first), word(second), word(first ^ half), word(second ^ half));
  }

  private Operand element(int index) {
    Operand element = prepared.get(index);
    if (element == null) {
      element = prepare.apply(fragment.register(registers.get(index)));
      prepared.put(index, element);
    }
    return element;
  }

  private Operand word(int index) {
    var parts = new ArrayList<Operand>();
    for (int i = 0; i < operand.instruction().kWidth(); i++) {
      parts.add(element(index ^ operand.k(i)));
    }
    return Packing.words(emission.ptx(), operand.instruction().bits(), parts).getFirst();
  }
}
