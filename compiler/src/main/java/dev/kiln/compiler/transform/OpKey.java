package dev.kiln.compiler.transform;

import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What an operation computes, without where it stands and what its results are called: equal keys
 * mean equal results.
 *
 * @param tag kind and attributes
 * @param operands in order, or a pair without one
 * @param version counts what may have changed memory, for loads
 */
record OpKey(Object tag, Type type, Object operands, List<Object> nested, int version) {
  /** The key of an operation that has results. */
  static OpKey of(Op op, int version) {
    return new OpKey(tag(op), op.results().getFirst().type(), operands(op), nested(op), version);
  }

  private static Object operands(Op op) {
    return op instanceof ElementwiseOp.Binary binary && binary.kind().isCommutative()
        ? new Pair(binary.left(), binary.right())
        : op.operands();
  }

  /** Two values in either order. */
  private record Pair(Value a, Value b) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Pair that && (a == that.a ? b == that.b : a == that.b && b == that.a);
    }

    @Override
    public int hashCode() {
      return a.hashCode() + b.hashCode();
    }
  }

  private record Tag(String name, Object first, Object second) {}

  private static Object tag(Op op) {
    return switch (op) {
      case ElementwiseOp.Constant o ->
          o.value() instanceof Double number
              ? (Object) Double.doubleToRawLongBits(number)
              : (Object) o.value();
      case ElementwiseOp.Unary o -> o.kind();
      case ElementwiseOp.Binary o -> o.kind();
      case ElementwiseOp.Compare o -> o.kind();
      case ElementwiseOp.Cast o -> o.kind();
      case ElementwiseOp.Hint o -> new Tag("hint", o.kind(), o.values());
      case ElementwiseOp.ProgramId o -> new Tag("program_id", o.axis(), "");
      case ElementwiseOp.NumPrograms o -> new Tag("num_programs", o.axis(), "");
      case ShapeOp.MakeRange o -> new Tag("make_range", o.start(), "");
      case ShapeOp.ExpandDims o -> new Tag("expand_dims", o.axis(), "");
      case ShapeOp.Permute o -> new Tag("permute", o.order(), "");
      case ShapeOp.Cat o -> new Tag("cat", o.axis(), "");
      case ShapeOp.Gather o -> new Tag("gather", o.axis(), "");
      // Which operands are there differs too: a mask is not an other.
      case MemoryOp.Load o ->
          new Tag(
              "load",
              o.hints(),
              List.of(o.mask().isPresent(), o.other().isPresent(), o.block().isPresent()));
      case ComputeOp.Dot o -> new Tag("dot", o.precision(), List.of(o.signedA(), o.signedB()));
      case ComputeOp.Reduce o -> new Tag("reduce", o.axis(), "");
      case ComputeOp.Scan o -> new Tag("scan", o.axis(), o.reverse());
      case ComputeOp.MapElementwise o -> new Tag("map", o.pack(), o.results().size());
      case ComputeOp.InlineAsm o ->
          new Tag("asm", o.text(), List.of(o.constraints(), o.pack(), types(o.results())));
      default -> op.mnemonic();
    };
  }

  private static List<Type> types(List<Value> values) {
    return values.stream().map(Value::type).toList();
  }

  /** Nested blocks by their structure, with their own values numbered. */
  private static List<Object> nested(Op op) {
    if (op.blocks().isEmpty()) {
      return List.of();
    }
    var structure = new ArrayList<Object>();
    var numbers = new HashMap<Value, Integer>();
    op.blocks().forEach(block -> block(block, structure, numbers));
    return structure;
  }

  private static void block(Block block, List<Object> structure, Map<Value, Integer> numbers) {
    block.params().forEach(param -> define(param, structure, numbers));
    for (Op op : block.ops()) {
      structure.add(op.mnemonic());
      structure.add(tag(op));
      op.operands().forEach(v -> structure.add(numbers.containsKey(v) ? numbers.get(v) : v));
      op.results().forEach(result -> define(result, structure, numbers));
      op.blocks().forEach(nested -> block(nested, structure, numbers));
    }
  }

  private static void define(Value value, List<Object> structure, Map<Value, Integer> numbers) {
    numbers.put(value, numbers.size());
    structure.add(value.type());
  }
}
