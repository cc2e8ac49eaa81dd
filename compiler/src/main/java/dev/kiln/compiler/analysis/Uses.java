package dev.kiln.compiler.analysis;

import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Where each value of a function is defined and used. */
public final class Uses {
  private final Map<Value, Op> definitions = new HashMap<>();
  private final Map<Value, List<Op>> users = new HashMap<>();

  private Uses() {}

  public static Uses of(TileFunction function) {
    var uses = new Uses();
    uses.block(function.body());
    return uses;
  }

  private void block(Block block) {
    for (Op op : block.ops()) {
      for (Value operand : op.operands()) {
        users.computeIfAbsent(operand, v -> new ArrayList<>(2)).add(op);
      }
      for (Value result : op.results()) {
        definitions.put(result, op);
      }
      op.blocks().forEach(this::block);
    }
  }

  /** The operation whose result the value is; empty for parameters of functions and blocks. */
  public Optional<Op> definition(Value value) {
    return Optional.ofNullable(definitions.get(value));
  }

  /**
   * The operations that use a value, in the order of the text, terminators included; one that uses
   * it twice is there twice.
   */
  public List<Op> users(Value value) {
    return users.getOrDefault(value, List.of());
  }

  public int count(Value value) {
    return users(value).size();
  }
}
