package dev.kiln.compiler.frontend;

import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Rewriter;
import dev.kiln.compiler.ir.Value;
import java.util.List;

/** Gives values the names of the variables that first hold them, for people who read tile IR. */
final class Naming {
  private Naming() {}

  /** Runs an assignment; if the variable's value is the result of its last operation, names it. */
  static void named(Interpreter interpreter, String name, Runnable assignment) {
    List<Op> ops = interpreter.collect(assignment);
    boolean made =
        !ops.isEmpty()
            && interpreter.scope().get(name).orElse(null) instanceof Tensor tensor
            && tensor.value().hint().isEmpty()
            && ops.getLast().results().equals(List.of(tensor.value()));
    if (made) {
      var tensor = (Tensor) interpreter.scope().get(name).orElseThrow();
      var named = new Value(tensor.value().type(), name);
      ops.addLast(renamed(ops.removeLast(), tensor.value(), named));
      interpreter.scope().replace(name, new Tensor(named, tensor.type()));
    }
    ops.forEach(interpreter.builder()::append);
  }

  private static Op renamed(Op op, Value result, Value named) {
    return op.rewrite(
        new Rewriter() {
          @Override
          public Value use(Value operand) {
            return operand;
          }

          @Override
          public Value define(Value value) {
            return value == result ? named : value;
          }

          @Override
          public Block block(Block nested) {
            return nested;
          }
        });
  }
}
