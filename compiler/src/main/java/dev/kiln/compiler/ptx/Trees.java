package dev.kiln.compiler.ptx;

import dev.kiln.compiler.ptx.Node.Branch;
import dev.kiln.compiler.ptx.Node.Instruction;
import dev.kiln.compiler.ptx.Node.Loop;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** Copies of trees of nodes in which something is changed. */
final class Trees {
  private Trees() {}

  /** Every instruction replaced by one that writes the same registers. */
  static List<Node> mapInstructions(List<Node> nodes, UnaryOperator<Instruction> change) {
    var mapped = new ArrayList<Node>(nodes.size());
    for (Node node : nodes) {
      mapped.add(
          switch (node) {
            case Instruction instruction -> change.apply(instruction);
            case Loop loop ->
                loop.withBodies(
                    mapInstructions(loop.head(), change), mapInstructions(loop.tail(), change));
            case Branch branch ->
                branch.withBodies(
                    mapInstructions(branch.thenBody(), change),
                    mapInstructions(branch.elseBody(), change));
          });
    }
    return mapped;
  }

  /** Every loop replaced, inner ones first. */
  static List<Node> mapLoops(List<Node> nodes, UnaryOperator<Loop> change) {
    var mapped = new ArrayList<Node>(nodes.size());
    for (Node node : nodes) {
      mapped.add(
          switch (node) {
            case Instruction instruction -> instruction;
            case Loop loop ->
                change.apply(
                    loop.withBodies(mapLoops(loop.head(), change), mapLoops(loop.tail(), change)));
            case Branch branch ->
                branch.withBodies(
                    mapLoops(branch.thenBody(), change), mapLoops(branch.elseBody(), change));
          });
    }
    return mapped;
  }

  /** Instructions left out. */
  static List<Node> without(List<Node> nodes, Predicate<Instruction> isOut) {
    var kept = new ArrayList<Node>(nodes.size());
    for (Node node : nodes) {
      switch (node) {
        case Instruction instruction -> {
          if (!isOut.test(instruction)) {
            kept.add(instruction);
          }
        }
        case Loop loop ->
            kept.add(loop.withBodies(without(loop.head(), isOut), without(loop.tail(), isOut)));
        case Branch branch ->
            kept.add(
                branch.withBodies(
                    without(branch.thenBody(), isOut), without(branch.elseBody(), isOut)));
      }
    }
    return kept;
  }
}
