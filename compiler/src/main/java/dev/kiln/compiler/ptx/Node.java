package dev.kiln.compiler.ptx;

import dev.kiln.compiler.diagnostics.Location;
import java.util.List;

/**
 * A piece of a kernel's body. Control flow is structured and uniform: all threads of a block take
 * the same way; what differs between threads is guarded.
 */
public sealed interface Node {
  /** What an instruction does beside writing its results. */
  enum Effect {
    /** Nothing: it may be shared, moved (not under a guard) and removed. */
    PURE,
    /** Reads memory: it may be removed, not moved across an {@link #EFFECT}. */
    READ,
    /** Anything else: it stays, in order. */
    EFFECT
  }

  /**
   * A guard {@code @p} or {@code @!p}.
   *
   * @param predicate a register, or a number while folding
   */
  record Guard(Operand predicate, boolean negated) {}

  /**
   * That an instruction touches a slot with ordinary accesses, for which barriers are inserted
   * where threads depend on each other. Accesses that a protocol of their own orders (pipelines)
   * have none.
   */
  record SharedAccess(SharedSlot slot, boolean writes) {}

  /**
   * {@code @guard opcode results, operands;}
   *
   * @param results registers, or vectors of registers
   * @param guard or {@code null}
   * @param otherwise what the results hold where the guard is false, one for each register in
   *     order; empty if that is of no interest. Without a guard: what the results hold before, for
   *     instructions that add to their results (wgmma)
   * @param access or {@code null}
   * @param loc the source line, or {@code null}
   */
  record Instruction(
      String opcode,
      List<Operand> results,
      List<Operand> operands,
      Guard guard,
      List<Operand> otherwise,
      Effect effect,
      SharedAccess access,
      Location loc)
      implements Node {
    public Instruction {
      results = List.copyOf(results);
      operands = List.copyOf(operands);
      otherwise = List.copyOf(otherwise);
    }

    Instruction withOperands(List<Operand> others) {
      return new Instruction(opcode, results, others, guard, otherwise, effect, access, loc);
    }
  }

  /**
   * <pre>
   * params = inits
   * repeat
   *   head
   *   if not stay: results = exits, leave
   *   tail
   *   params = next
   * </pre>
   *
   * A loop with an empty tail tests at its end. {@code stay} and {@code exits} may use what the
   * head defines, {@code next} also what the tail defines.
   */
  record Loop(
      List<Operand.Register> params,
      List<Operand> inits,
      List<Node> head,
      Operand stay,
      List<Operand> exits,
      List<Node> tail,
      List<Operand> next,
      List<Operand.Register> results)
      implements Node {
    Loop withBodies(List<Node> newHead, List<Node> newTail) {
      return new Loop(params, inits, newHead, stay, exits, newTail, next, results);
    }
  }

  /** Both ways give the results. */
  record Branch(
      Operand condition,
      List<Node> thenBody,
      List<Operand> thenYields,
      List<Node> elseBody,
      List<Operand> elseYields,
      List<Operand.Register> results)
      implements Node {
    Branch withBodies(List<Node> newThen, List<Node> newElse) {
      return new Branch(condition, newThen, thenYields, newElse, elseYields, results);
    }
  }
}
