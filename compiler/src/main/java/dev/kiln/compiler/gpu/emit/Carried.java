package dev.kiln.compiler.gpu.emit;

import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The values that a loop carries or a branch gives, as a flat list of registers: each scalar is
 * one, each tile as many as its own layout has.
 */
public final class Carried {
  private final Emission emission;
  private final List<Value> values;

  /**
   * @param values parameters or results, whose layouts count
   */
  public Carried(Emission emission, List<Value> values) {
    this.emission = emission;
    this.values = values;
  }

  public List<RegisterClass> types() {
    var types = new ArrayList<RegisterClass>();
    for (Value value : values) {
      types.addAll(Collections.nCopies(registers(value), Elements.held(value.type())));
    }
    return types;
  }

  private int registers(Value value) {
    return value.type().isTile() ? emission.plan().layout(value).registerCount() : 1;
  }

  /** What other values, one for each, hold in the layouts of these. */
  public List<Operand> operands(List<Value> from) {
    var operands = new ArrayList<Operand>();
    for (int i = 0; i < values.size(); i++) {
      Value value = values.get(i);
      if (value.type().isTile()) {
        operands.addAll(emission.fragment(from.get(i), emission.plan().layout(value)).registers());
      } else {
        operands.add(emission.scalar(from.get(i)));
      }
    }
    return operands;
  }

  /** Says what the values are. */
  public void define(List<Operand> operands) {
    define(values, operands);
  }

  /** Says what other values, one for each, are: tiles in the layouts of these. */
  public void define(List<Value> others, List<Operand> operands) {
    int next = 0;
    for (int i = 0; i < values.size(); i++) {
      Value value = values.get(i);
      int count = registers(value);
      if (value.type().isTile()) {
        emission.define(
            others.get(i),
            new Fragment(emission.plan().layout(value), operands.subList(next, next + count)));
      } else {
        emission.define(others.get(i), operands.get(next));
      }
      next += count;
    }
  }
}
