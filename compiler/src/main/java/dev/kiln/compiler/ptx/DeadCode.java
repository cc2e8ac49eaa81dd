package dev.kiln.compiler.ptx;

import dev.kiln.compiler.ptx.Node.Branch;
import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Node.Instruction;
import dev.kiln.compiler.ptx.Node.Loop;
import dev.kiln.compiler.ptx.Operand.Register;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Removes what no effect needs: instructions, values that loops carry for themselves only, results
 * of branches, loops and branches without effects. Marks from the effects backwards, so cycles
 * through loops die too. Linear.
 */
final class DeadCode {
  /**
   * Where a register comes from: a node, and for loops and branches the place among the results.
   */
  private record Source(Node node, int index, boolean isParam) {}

  private final Map<Register, Source> sources = new HashMap<>();
  private final Map<Node, Node> outer = new IdentityHashMap<>();
  private final Set<Node> needed = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Set<Register> live = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Deque<Register> unread = new ArrayDeque<>();

  private DeadCode() {}

  static PtxFunction remove(PtxFunction function) {
    var pass = new DeadCode();
    var effects = new ArrayList<Instruction>();
    pass.index(function.body(), null, effects);
    effects.forEach(pass::need);
    while (!pass.unread.isEmpty()) {
      pass.follow(pass.sources.get(pass.unread.remove()));
    }
    return function.withBody(pass.sweep(function.body()));
  }

  private void index(List<Node> nodes, Node around, List<Instruction> effects) {
    for (Node node : nodes) {
      if (around != null) {
        outer.put(node, around);
      }
      switch (node) {
        case Instruction instruction -> {
          Nodes.results(instruction)
              .forEach(result -> sources.put(result, new Source(instruction, 0, false)));
          if (instruction.effect() == Effect.EFFECT) {
            effects.add(instruction);
          }
        }
        case Loop loop -> {
          index(loop.params(), loop, true);
          index(loop.results(), loop, false);
          index(loop.head(), loop, effects);
          index(loop.tail(), loop, effects);
        }
        case Branch branch -> {
          index(branch.results(), branch, false);
          index(branch.thenBody(), branch, effects);
          index(branch.elseBody(), branch, effects);
        }
      }
    }
  }

  private void index(List<Register> registers, Node node, boolean areParams) {
    for (int i = 0; i < registers.size(); i++) {
      sources.put(registers.get(i), new Source(node, i, areParams));
    }
  }

  /** The node is executed: so are those around it, and what they decide by is known. */
  private void need(Node node) {
    for (Node around = node; around != null && needed.add(around); around = outer.get(around)) {
      switch (around) {
        case Instruction instruction -> Nodes.reads(instruction, this::read);
        case Loop loop -> read(loop.stay());
        case Branch branch -> read(branch.condition());
      }
    }
  }

  private void read(Operand operand) {
    if (operand instanceof Register register && live.add(register)) {
      unread.add(register);
    }
  }

  private void follow(Source source) {
    if (source == null) {
      throw new IllegalStateException("a register is read that is not defined");
    }
    need(source.node());
    int i = source.index();
    switch (source.node()) {
      case Instruction instruction -> {}
      case Loop loop when source.isParam() -> {
        read(loop.inits().get(i));
        read(loop.next().get(i));
      }
      case Loop loop -> read(loop.exits().get(i));
      case Branch branch -> {
        read(branch.thenYields().get(i));
        read(branch.elseYields().get(i));
      }
    }
  }

  private List<Node> sweep(List<Node> nodes) {
    var kept = new ArrayList<Node>(nodes.size());
    for (Node node : nodes) {
      if (needed.contains(node)) {
        kept.add(
            switch (node) {
              case Instruction instruction -> instruction;
              case Loop loop -> sweep(loop);
              case Branch branch -> sweep(branch);
            });
      }
    }
    return kept;
  }

  private Loop sweep(Loop loop) {
    return new Loop(
        kept(loop.params(), loop.params()),
        kept(loop.inits(), loop.params()),
        sweep(loop.head()),
        loop.stay(),
        kept(loop.exits(), loop.results()),
        sweep(loop.tail()),
        kept(loop.next(), loop.params()),
        kept(loop.results(), loop.results()));
  }

  private Branch sweep(Branch branch) {
    return new Branch(
        branch.condition(),
        sweep(branch.thenBody()),
        kept(branch.thenYields(), branch.results()),
        sweep(branch.elseBody()),
        kept(branch.elseYields(), branch.results()),
        kept(branch.results(), branch.results()));
  }

  /** Those of a list whose registers are live. */
  private <T> List<T> kept(List<T> all, List<Register> registers) {
    var kept = new ArrayList<T>();
    for (int i = 0; i < all.size(); i++) {
      if (live.contains(registers.get(i))) {
        kept.add(all.get(i));
      }
    }
    return kept;
  }
}
