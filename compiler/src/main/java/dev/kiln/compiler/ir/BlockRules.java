package dev.kiln.compiler.ir;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What the nested blocks of each operation take and yield. */
final class BlockRules {
  private BlockRules() {}

  static Optional<String> fault(Op op) {
    return switch (op) {
      case ControlOp.For loop -> forLoop(loop);
      case ControlOp.While loop -> whileLoop(loop);
      case ControlOp.If branch ->
          takes("a block of if", List.of(), branch.thenBlock())
              .or(() -> takes("a block of if", List.of(), branch.elseBlock()))
              .or(() -> yields("a block of if", types(op.results()), branch.thenBlock()))
              .or(() -> yields("a block of if", types(op.results()), branch.elseBlock()));
      case ComputeOp.Reduce reduce -> combine(reduce.inputs(), reduce.combine());
      case ComputeOp.Scan scan -> combine(scan.inputs(), scan.combine());
      case ComputeOp.MapElementwise map ->
          takes("the body", repeated(map.inputs(), map.pack()), map.body())
              .or(() -> yields("the body", repeated(map.results(), map.pack()), map.body()));
      case ElementwiseOp o -> Optional.empty();
      case ShapeOp o -> Optional.empty();
      case MemoryOp o -> Optional.empty();
      case ComputeOp o -> Optional.empty();
      case ControlOp o -> Optional.empty();
    };
  }

  private static List<Type> types(List<Value> values) {
    return values.stream().map(Value::type).toList();
  }

  private static Optional<String> takes(String who, List<Type> expected, Block block) {
    List<Type> actual = types(block.params());
    return OperandRules.require(
        actual.equals(expected), who + " takes " + show(expected) + ", not " + show(actual));
  }

  private static Optional<String> yields(String who, List<Type> expected, Block block) {
    if (block.ops().isEmpty() || !(block.terminator() instanceof ControlOp.Yield yield)) {
      return Optional.empty(); // reported as a missing terminator
    }
    List<Type> actual = types(yield.operands());
    return OperandRules.require(
        actual.equals(expected), who + " yields " + show(expected) + ", not " + show(actual));
  }

  private static String show(List<Type> types) {
    return types.toString().replace('[', '(').replace(']', ')');
  }

  private static Optional<String> forLoop(ControlOp.For loop) {
    List<Type> carried = types(loop.inits());
    if (!types(loop.results()).equals(carried)) {
      return Optional.of(
          "for carries " + show(carried) + ", but its results are " + show(types(loop.results())));
    }
    var params = new ArrayList<Type>();
    params.add(loop.lower().type());
    params.addAll(carried);
    return takes("the body", params, loop.body())
        .or(() -> yields("the body", carried, loop.body()));
  }

  private static Optional<String> whileLoop(ControlOp.While loop) {
    List<Type> carried = types(loop.inits());
    List<Type> forwarded = types(loop.results());
    return takes("the first block", carried, loop.before())
        .or(() -> forwards(forwarded, loop.before()))
        .or(() -> takes("the second block", forwarded, loop.body()))
        .or(() -> yields("the second block", carried, loop.body()));
  }

  private static Optional<String> forwards(List<Type> expected, Block before) {
    if (before.ops().isEmpty() || !(before.terminator() instanceof ControlOp.Condition condition)) {
      return Optional.empty(); // reported as a missing terminator
    }
    List<Type> actual = types(condition.forwarded());
    return OperandRules.require(
        actual.equals(expected),
        "the condition forwards " + show(expected) + ", not " + show(actual));
  }

  private static Optional<String> combine(List<Value> inputs, Block block) {
    List<Type> elements = repeated(inputs, 1);
    var twice = new ArrayList<>(elements);
    twice.addAll(elements);
    return takes("the combine block", twice, block)
        .or(() -> yields("the combine block", elements, block));
  }

  private static List<Type> repeated(List<Value> values, int count) {
    var types = new ArrayList<Type>();
    for (Value value : values) {
      for (int i = 0; i < count; i++) {
        types.add(value.type().element());
      }
    }
    return types;
  }
}
