package dev.kiln.compiler.ptx;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Node.Instruction;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Puts {@code bar.sync 0} where one thread's access to shared memory depends on another's: before
 * an instruction that touches bytes which some instruction since the last barrier touched, one of
 * the two writing. What depends on code before a loop, but not on an earlier iteration, is parted
 * from it by a barrier before the loop.
 *
 * <p>Whoever writes to a slot several times in a row writes different bytes, or the same thread
 * does; so stores to one slot do not conflict, except with those of an earlier iteration, and with
 * atomics. Accesses without a {@link Node.SharedAccess} are ordered with others to the same slot by
 * a protocol of their own, which an access that writes begins anew; and they conflict with accesses
 * to other slots at the same place.
 */
public final class BarrierInsertion {
  private final SlotUses uses;

  private BarrierInsertion(SlotUses uses) {
    this.uses = uses;
  }

  /** The function with barriers; its slots have been placed. */
  public static PtxFunction insert(PtxFunction function) {
    var insertion = new BarrierInsertion(SlotUses.of(function.body()));
    List<Step> steps = insertion.steps(function.body());
    Set<Node> barriers = places();
    run(steps, new LinkedHashSet<>(), barriers);
    if (barriers.isEmpty()) {
      return function;
    }
    return function.withBody(rebuilt(function.body(), barriers));
  }

  /** Nodes that a barrier goes before, by identity. */
  private static Set<Node> places() {
    return Collections.newSetFromMap(new IdentityHashMap<>());
  }

  // ---------------------------------------------------------------- what matters of the body

  private enum Kind {
    READ,
    WRITE,
    ATOMIC,
    /** Ordered by other means. */
    PROTOCOL
  }

  /**
   * @param earlier whether this was in an earlier iteration
   */
  private record Touch(SharedSlot slot, Kind kind, boolean earlier) {
    boolean conflicts(Touch pending) {
      if (slot != pending.slot) {
        return overlaps(pending) && (kind != Kind.READ || pending.kind != Kind.READ);
      }
      return switch (kind) {
        case PROTOCOL -> false;
        case READ -> pending.kind == Kind.WRITE || pending.kind == Kind.ATOMIC;
        case WRITE ->
            pending.kind == Kind.READ
                || pending.kind == Kind.ATOMIC
                || pending.kind == Kind.PROTOCOL
                || pending.kind == Kind.WRITE && pending.earlier;
        case ATOMIC -> pending.kind == Kind.READ || pending.kind == Kind.WRITE;
      };
    }

    private boolean overlaps(Touch other) {
      return slot.offset() < other.slot.offset() + other.slot.bytes()
          && other.slot.offset() < slot.offset() + slot.bytes();
    }

    Touch ofEarlierIteration() {
      return earlier ? this : new Touch(slot, kind, true);
    }
  }

  private sealed interface Step {
    record Access(Instruction instruction, List<Touch> touches) implements Step {}

    record Barrier() implements Step {}

    record Loop(Node node, List<Step> head, List<Step> tail) implements Step {}

    record Branch(List<Step> thenSteps, List<Step> elseSteps) implements Step {}
  }

  private List<Step> steps(List<Node> nodes) {
    var steps = new ArrayList<Step>();
    for (Node node : nodes) {
      switch (node) {
        case Instruction instruction -> instruction(instruction, steps);
        case Node.Loop loop -> {
          List<Step> head = steps(loop.head());
          List<Step> tail = steps(loop.tail());
          if (!head.isEmpty() || !tail.isEmpty()) {
            steps.add(new Step.Loop(loop, head, tail));
          }
        }
        case Node.Branch branch -> {
          List<Step> thenSteps = steps(branch.thenBody());
          List<Step> elseSteps = steps(branch.elseBody());
          if (!thenSteps.isEmpty() || !elseSteps.isEmpty()) {
            steps.add(new Step.Branch(thenSteps, elseSteps));
          }
        }
      }
    }
    return steps;
  }

  private void instruction(Instruction instruction, List<Step> steps) {
    if (isBarrier(instruction)) {
      steps.add(new Step.Barrier());
      return;
    }
    Set<SharedSlot> slots = uses.of(instruction);
    if (!slots.isEmpty()) {
      steps.add(
          new Step.Access(
              instruction,
              slots.stream()
                  .map(slot -> new Touch(slot, kind(instruction, slot), false))
                  .toList()));
    }
  }

  private static Kind kind(Instruction instruction, SharedSlot slot) {
    if (instruction.access() == null || instruction.access().slot() != slot) {
      return Kind.PROTOCOL;
    }
    if (!instruction.access().writes()) {
      return Kind.READ;
    }
    String opcode = instruction.opcode();
    return opcode.startsWith("atom.") || opcode.startsWith("red.") ? Kind.ATOMIC : Kind.WRITE;
  }

  /** Whether all threads of the block meet here. */
  private static boolean isBarrier(Instruction instruction) {
    if (instruction.guard() != null) {
      return false;
    }
    return switch (instruction.opcode()) {
      case "bar.sync", "barrier.sync", "barrier.sync.aligned", "barrier.cta.sync.aligned" ->
          instruction.operands().equals(List.of(Operand.Immediate.b32(0)));
      case "barrier.cluster.wait", "barrier.cluster.wait.aligned" -> true;
      default -> false;
    };
  }

  // ---------------------------------------------------------------- where barriers go

  /**
   * Follows the accesses since the last barrier.
   *
   * @param pending before the steps; not used any more
   * @param barriers gets the places
   * @return what is pending after the steps
   */
  private static Set<Touch> run(List<Step> steps, Set<Touch> pending, Set<Node> barriers) {
    Set<Touch> now = pending;
    for (Step step : steps) {
      now =
          switch (step) {
            case Step.Barrier barrier -> new LinkedHashSet<>();
            case Step.Access access -> access(access, now, barriers);
            case Step.Loop loop -> loop(loop, now, barriers);
            case Step.Branch branch -> {
              Set<Touch> joined = run(branch.thenSteps, new LinkedHashSet<>(now), barriers);
              joined.addAll(run(branch.elseSteps, now, barriers));
              yield joined;
            }
          };
    }
    return now;
  }

  private static Set<Touch> access(Step.Access access, Set<Touch> pending, Set<Node> barriers) {
    Set<Touch> now = pending;
    if (conflict(access.touches, pending)) {
      barriers.add(access.instruction);
      now = new LinkedHashSet<>();
    }
    now.addAll(access.touches);
    return now;
  }

  private static boolean conflict(List<Touch> touches, Set<Touch> pending) {
    for (Touch touch : touches) {
      for (Touch other : pending) {
        if (touch.conflicts(other)) {
          return true;
        }
      }
    }
    return false;
  }

  private static Set<Touch> loop(Step.Loop loop, Set<Touch> pending, Set<Node> barriers) {
    Set<Node> alone = places();
    Set<Touch> afterAlone = iterations(loop, new LinkedHashSet<>(), alone);
    if (pending.isEmpty()) {
      barriers.addAll(alone);
      return afterAlone;
    }
    Set<Node> together = places();
    Set<Touch> afterTogether = iterations(loop, new LinkedHashSet<>(pending), together);
    if (together.size() > alone.size()) {
      barriers.add(loop.node);
      barriers.addAll(alone);
      return afterAlone;
    }
    barriers.addAll(together);
    return afterTogether;
  }

  /** Runs a loop until what flows around it grows no more. */
  private static Set<Touch> iterations(Step.Loop loop, Set<Touch> pending, Set<Node> barriers) {
    Set<Touch> left;
    boolean grown;
    do {
      barriers.clear();
      left = run(loop.head, new LinkedHashSet<>(pending), barriers);
      grown = false;
      for (Touch touch : run(loop.tail, new LinkedHashSet<>(left), barriers)) {
        grown |= pending.add(touch.ofEarlierIteration());
      }
    } while (grown);
    return left;
  }

  // ---------------------------------------------------------------- the body with barriers

  private static List<Node> rebuilt(List<Node> nodes, Set<Node> barriers) {
    var all = new ArrayList<Node>(nodes.size() + 1);
    for (Node node : nodes) {
      if (barriers.contains(node)) {
        all.add(barrier(node instanceof Instruction next ? next.loc() : null));
      }
      all.add(
          switch (node) {
            case Instruction instruction -> instruction;
            case Node.Loop loop ->
                new Node.Loop(
                    loop.params(),
                    loop.inits(),
                    rebuilt(loop.head(), barriers),
                    loop.stay(),
                    loop.exits(),
                    rebuilt(loop.tail(), barriers),
                    loop.next(),
                    loop.results());
            case Node.Branch branch ->
                new Node.Branch(
                    branch.condition(),
                    rebuilt(branch.thenBody(), barriers),
                    branch.thenYields(),
                    rebuilt(branch.elseBody(), barriers),
                    branch.elseYields(),
                    branch.results());
          });
    }
    return all;
  }

  private static Instruction barrier(Location loc) {
    return new Instruction(
        "bar.sync",
        List.of(),
        List.of(Operand.Immediate.b32(0)),
        null,
        List.of(),
        Effect.EFFECT,
        null,
        loc);
  }
}
