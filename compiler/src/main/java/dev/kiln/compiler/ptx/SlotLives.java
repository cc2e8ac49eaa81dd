package dev.kiln.compiler.ptx;

import dev.kiln.compiler.ptx.Node.Instruction;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** From where to where in the text each slot of shared memory holds something. */
final class SlotLives {
  private final SlotUses uses;
  private final Map<SharedSlot, Life> lives = new LinkedHashMap<>();

  /** Loops behind us that a slot has to live through if it is used again. */
  private final Map<SharedSlot, List<Life>> loops = new LinkedHashMap<>();

  /** Slots that issued {@code wgmma} may still read. */
  private final Set<SharedSlot> read = new LinkedHashSet<>();

  private int position;

  private SlotLives(SlotUses uses) {
    this.uses = uses;
  }

  /** Places in the text, both included. */
  record Life(int first, int last) {
    boolean meets(Life other) {
      return first <= other.last && other.first <= last;
    }

    int length() {
      return last - first;
    }

    Life with(Life other) {
      return new Life(Math.min(first, other.first), Math.max(last, other.last));
    }
  }

  /** How a piece of the text begins to use a slot. */
  private enum Beginning {
    WRITE,
    /** If it uses the slot at all, it begins with a write. */
    MAYBE_WRITE,
    READ;

    /** This, and then the other in the same piece. */
    Beginning then(Beginning other) {
      return this == MAYBE_WRITE ? READ : this;
    }

    /** One or the other, or ({@code null}) nothing. */
    Beginning or(Beginning other) {
      if (this == READ || other == READ) {
        return READ;
      }
      return this == other ? this : MAYBE_WRITE;
    }
  }

  /** The lives of all slots that a body mentions. */
  static Map<SharedSlot, Life> of(List<Node> body) {
    SlotUses uses = SlotUses.of(body);
    var lives = new SlotLives(uses);
    lives.walk(body);
    lives.read.forEach(lives::touch);
    uses.mentioned().forEach(slot -> lives.lives.putIfAbsent(slot, new Life(0, 0)));
    return lives.lives;
  }

  private void touch(SharedSlot slot) {
    stretch(slot, new Life(position, position));
    List<Life> through = loops.remove(slot);
    if (through != null) {
      through.forEach(loop -> stretch(slot, loop));
    }
  }

  private void stretch(SharedSlot slot, Life life) {
    lives.merge(slot, life, Life::with);
  }

  private Map<SharedSlot, Beginning> walk(List<Node> nodes) {
    var all = new LinkedHashMap<SharedSlot, Beginning>();
    for (Node node : nodes) {
      Map<SharedSlot, Beginning> next =
          switch (node) {
            case Instruction instruction -> instruction(instruction);
            case Node.Loop loop -> loop(loop);
            case Node.Branch branch -> branch(branch);
          };
      next.forEach((slot, beginning) -> all.merge(slot, beginning, Beginning::then));
    }
    return all;
  }

  private Map<SharedSlot, Beginning> instruction(Instruction instruction) {
    position++;
    var beginnings = new LinkedHashMap<SharedSlot, Beginning>();
    for (SharedSlot slot : uses.of(instruction)) {
      touch(slot);
      beginnings.put(slot, isWrite(instruction, slot) ? Beginning.WRITE : Beginning.READ);
    }
    if (instruction.opcode().startsWith("wgmma.mma_async")) {
      read.addAll(beginnings.keySet());
    } else if (instruction.opcode().startsWith("wgmma.wait_group")) {
      read.forEach(this::touch);
      if (instruction.operands().getFirst() instanceof Operand.Immediate left && left.bits() == 0) {
        read.clear();
      }
    }
    return beginnings;
  }

  private static boolean isWrite(Instruction instruction, SharedSlot slot) {
    String opcode = instruction.opcode();
    if (opcode.startsWith("atom.") || opcode.startsWith("red.")) {
      return false; // reads first
    }
    if (instruction.access() != null && instruction.access().slot() == slot) {
      return instruction.access().writes();
    }
    return (opcode.startsWith("cp.async.") || opcode.startsWith("mbarrier.init"))
        && SlotUses.ofAddress(instruction.operands().getFirst()) == slot;
  }

  private Map<SharedSlot, Beginning> branch(Node.Branch branch) {
    Map<SharedSlot, Beginning> all = walk(branch.thenBody());
    Map<SharedSlot, Beginning> other = walk(branch.elseBody());
    all.replaceAll((slot, beginning) -> beginning.or(other.get(slot)));
    other.forEach((slot, beginning) -> all.putIfAbsent(slot, beginning.or(null)));
    return all;
  }

  /** Stretches lives over the loop, unless each iteration begins with a write. */
  private Map<SharedSlot, Beginning> loop(Node.Loop loop) {
    var before = new LinkedHashSet<>(lives.keySet());
    int first = ++position;
    Map<SharedSlot, Beginning> iteration = walk(loop.head());
    // The tail may not be reached.
    walk(loop.tail())
        .forEach((slot, beginning) -> iteration.merge(slot, beginning.or(null), Beginning::then));
    int last = ++position;
    iteration.forEach(
        (slot, beginning) -> {
          var whole = new Life(first, last);
          if (before.contains(slot) || beginning == Beginning.READ) {
            stretch(slot, whole);
          } else {
            loops.computeIfAbsent(slot, s -> new ArrayList<>()).add(whole);
          }
        });
    return iteration;
  }
}
