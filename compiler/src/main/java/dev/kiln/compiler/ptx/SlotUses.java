package dev.kiln.compiler.ptx;

import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Node.Instruction;
import dev.kiln.compiler.ptx.Operand.Register;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which slots of shared memory an instruction touches: those of its addresses and of its {@link
 * Node.SharedAccess}, and those whose address it gets in a register. Arithmetic on addresses
 * touches nothing.
 */
final class SlotUses {
  /** What registers that hold addresses of slots point to. */
  private final Map<Register, Set<SharedSlot>> pointees = new HashMap<>();

  private final Set<SharedSlot> mentioned = new LinkedHashSet<>();
  private boolean changed;

  private SlotUses() {}

  static SlotUses of(List<Node> body) {
    var uses = new SlotUses();
    do {
      uses.changed = false;
      uses.walk(body);
    } while (uses.changed);
    return uses;
  }

  /** All slots of the function, in the order of the text. */
  Set<SharedSlot> mentioned() {
    return mentioned;
  }

  /** The slots whose memory the instruction touches, or tells a unit of the machine to touch. */
  Set<SharedSlot> of(Instruction instruction) {
    var slots = new LinkedHashSet<SharedSlot>();
    if (instruction.access() != null) {
      slots.add(instruction.access().slot());
    }
    instruction.operands().forEach(operand -> touched(operand, instruction.effect(), slots));
    return slots;
  }

  /** The slot of an address in an operand, or {@code null}. */
  static SharedSlot ofAddress(Operand operand) {
    return operand instanceof Operand.Address address ? address.slot() : null;
  }

  private void touched(Operand operand, Effect effect, Set<SharedSlot> slots) {
    if (operand instanceof Operand.Address || effect != Effect.PURE) {
      slots.addAll(pointees(operand));
    }
  }

  private Set<SharedSlot> pointees(Operand operand) {
    return switch (operand) {
      case Register register -> pointees.getOrDefault(register, Set.of());
      case Operand.SlotOffset offset -> Set.of(offset.slot());
      case Operand.Address address -> {
        Set<SharedSlot> base = pointees(address.base());
        if (address.slot() == null) {
          yield base;
        }
        var all = new LinkedHashSet<>(base);
        all.add(address.slot());
        yield all;
      }
      case Operand.Vector vector -> {
        var all = new LinkedHashSet<SharedSlot>();
        vector.elements().forEach(element -> all.addAll(pointees(element)));
        yield all;
      }
      case Operand.Immediate number -> Set.of();
      case Operand.Name name -> Set.of();
    };
  }

  // ---------------------------------------------------------------- what registers point to

  private void walk(List<Node> nodes) {
    for (Node node : nodes) {
      switch (node) {
        case Instruction instruction -> instruction(instruction);
        case Node.Loop loop -> {
          flow(loop.params(), loop.inits());
          walk(loop.head());
          walk(loop.tail());
          flow(loop.params(), loop.next());
          flow(loop.results(), loop.exits());
        }
        case Node.Branch branch -> {
          walk(branch.thenBody());
          walk(branch.elseBody());
          flow(branch.results(), branch.thenYields());
          flow(branch.results(), branch.elseYields());
        }
      }
    }
  }

  private void instruction(Instruction instruction) {
    mentioned.addAll(of(instruction));
    var sources = new ArrayList<>(instruction.operands());
    sources.addAll(instruction.otherwise());
    for (Operand source : sources) {
      Set<SharedSlot> slots = pointees(source);
      mentioned.addAll(slots);
      if (instruction.effect() == Effect.PURE && !slots.isEmpty()) {
        instruction.results().forEach(result -> point(result, slots));
      }
    }
  }

  private void flow(List<Register> into, List<Operand> from) {
    for (int i = 0; i < into.size(); i++) {
      Set<SharedSlot> slots = pointees(from.get(i));
      mentioned.addAll(slots);
      point(into.get(i), slots);
    }
  }

  private void point(Operand result, Set<SharedSlot> slots) {
    switch (result) {
      case Register register -> {
        if (!slots.isEmpty()) {
          changed |= pointees.computeIfAbsent(register, r -> new LinkedHashSet<>()).addAll(slots);
        }
      }
      case Operand.Vector vector -> vector.elements().forEach(element -> point(element, slots));
      default -> {} // results are registers and vectors of them
    }
  }
}
