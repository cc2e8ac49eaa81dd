package dev.kiln.compiler.ptx;

import dev.kiln.compiler.ptx.Node.Branch;
import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Node.Instruction;
import dev.kiln.compiler.ptx.Node.Loop;
import dev.kiln.compiler.ptx.Operand.Register;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Removes what no effect needs: instructions, values that loops carry for themselves only, results
 * of branches, loops and branches without effects. Marks from the effects backwards, so cycles
 * through loops die too. Linear.
 */
final class DeadCode {
  /** Where a node stands. */
  private static final class Place {
    final Node node;
    final Place around;
    boolean isNeeded;

    Place(Node node, Place around) {
      this.node = node;
      this.around = around;
    }
  }

  /** Where a register comes from; in loops and branches, which of the results or parameters. */
  private static final class Source {
    final Place place;
    final int index;
    final boolean isParam;
    boolean isLive;

    Source(Place place, int index, boolean isParam) {
      this.place = place;
      this.index = index;
      this.isParam = isParam;
    }
  }

  private final Map<Register, Source> sources = new HashMap<>();
  private final List<Place> effects = new ArrayList<>();
  private final Deque<Source> unread = new ArrayDeque<>();

  /** In the order in which {@link #sweep} comes to the nodes again. */
  private final List<Place> places = new ArrayList<>();

  private int swept;

  private DeadCode() {}

  static PtxFunction remove(PtxFunction function) {
    var pass = new DeadCode();
    pass.index(function.body(), null);
    pass.effects.forEach(pass::need);
    while (!pass.unread.isEmpty()) {
      pass.follow(pass.unread.remove());
    }
    return function.withBody(pass.sweep(function.body()));
  }

  private void index(List<Node> nodes, Place around) {
    for (Node node : nodes) {
      var place = new Place(node, around);
      places.add(place);
      switch (node) {
        case Instruction instruction -> {
          index(Nodes.results(instruction), place, false);
          if (instruction.effect() == Effect.EFFECT) {
            effects.add(place);
          }
        }
        case Loop loop -> {
          index(loop.params(), place, true);
          index(loop.results(), place, false);
          index(loop.head(), place);
          index(loop.tail(), place);
        }
        case Branch branch -> {
          index(branch.results(), place, false);
          index(branch.thenBody(), place);
          index(branch.elseBody(), place);
        }
      }
    }
  }

  private void index(List<Register> registers, Place place, boolean areParams) {
    for (int i = 0; i < registers.size(); i++) {
      sources.put(registers.get(i), new Source(place, i, areParams));
    }
  }

  /** The node is executed: so are those around it, and what they decide by is known. */
  private void need(Place place) {
    for (Place at = place; at != null && !at.isNeeded; at = at.around) {
      at.isNeeded = true;
      switch (at.node) {
        case Instruction instruction -> Nodes.reads(instruction, this::read);
        case Loop loop -> read(loop.stay());
        case Branch branch -> read(branch.condition());
      }
    }
  }

  private void read(Operand operand) {
    if (operand instanceof Register register) {
      Source source = sources.get(register);
      if (source == null) {
        throw new IllegalStateException("a register is read that is not defined");
      }
      if (!source.isLive) {
        source.isLive = true;
        unread.add(source);
      }
    }
  }

  private void follow(Source source) {
    need(source.place);
    int i = source.index;
    switch (source.place.node) {
      case Instruction instruction -> {}
      case Loop loop when source.isParam -> {
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
      boolean isNeeded = places.get(swept++).isNeeded;
      Node rest =
          switch (node) {
            case Instruction instruction -> instruction;
            case Loop loop -> sweep(loop);
            case Branch branch -> sweep(branch);
          };
      if (isNeeded) {
        kept.add(rest);
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
      if (sources.get(registers.get(i)).isLive) {
        kept.add(all.get(i));
      }
    }
    return kept;
  }
}
