package dev.kiln.compiler.ptx;

import dev.kiln.compiler.ptx.Node.Branch;
import dev.kiln.compiler.ptx.Node.Instruction;
import dev.kiln.compiler.ptx.Node.Loop;
import dev.kiln.compiler.ptx.Operand.Address;
import dev.kiln.compiler.ptx.Operand.Register;
import dev.kiln.compiler.ptx.Operand.Vector;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Questions about nodes that all passes ask. */
final class Nodes {
  private Nodes() {}

  /**
   * All that nodes read, those inside other nodes too; elements of vectors and bases one by one.
   */
  static Stream<Operand> operands(List<Node> nodes) {
    return nodes.stream().flatMap(Nodes::operands);
  }

  private static Stream<Operand> operands(Node node) {
    return switch (node) {
      case Instruction instruction -> {
        var read = new ArrayList<Operand>();
        reads(instruction, read::add);
        yield read.stream();
      }
      case Loop loop ->
          Stream.of(
                  loop.inits().stream(),
                  operands(loop.head()),
                  Stream.of(loop.stay()),
                  loop.exits().stream(),
                  operands(loop.tail()),
                  loop.next().stream())
              .flatMap(s -> s);
      case Branch branch ->
          Stream.of(
                  Stream.of(branch.condition()),
                  operands(branch.thenBody()),
                  branch.thenYields().stream(),
                  operands(branch.elseBody()),
                  branch.elseYields().stream())
              .flatMap(s -> s);
    };
  }

  /** What an instruction reads: guard, values for a false guard, operands; without vectors. */
  static void reads(Instruction instruction, Consumer<Operand> sink) {
    if (instruction.guard() != null) {
      sink.accept(instruction.guard().predicate());
    }
    instruction.otherwise().forEach(sink);
    leaves(instruction.operands(), sink);
  }

  /** Operands, with vectors and addresses taken apart. */
  static void leaves(List<Operand> operands, Consumer<Operand> sink) {
    for (Operand operand : operands) {
      switch (operand) {
        case Vector vector -> leaves(vector.elements(), sink);
        case Address address -> sink.accept(address.base());
        default -> sink.accept(operand);
      }
    }
  }

  /** Whether an instruction may be moved, shared and run in vain. */
  static boolean isPure(Instruction instruction) {
    return instruction.effect() == Node.Effect.PURE
        && instruction.guard() == null
        && instruction.otherwise().isEmpty();
  }

  /** The registers that an instruction writes, in order. */
  static List<Register> results(Instruction instruction) {
    List<Operand> results = instruction.results();
    if (results.size() == 1 && results.getFirst() instanceof Register register) {
      return List.of(register);
    }
    var registers = new ArrayList<Register>();
    leaves(results, operand -> registers.add((Register) operand));
    return registers;
  }
}
