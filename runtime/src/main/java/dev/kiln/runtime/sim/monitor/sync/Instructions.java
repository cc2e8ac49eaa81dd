package dev.kiln.runtime.sim.monitor.sync;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.program.Program;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.Statement.Instruction;
import java.util.BitSet;
import java.util.Set;
import java.util.function.Predicate;

/** Which steps of a program are of a kind, told by their text. */
final class Instructions {
  private static final Set<String> MASKED = Set.of("shfl", "vote", "match", "redux", "elect");

  private final Step[] steps;

  Instructions(Program program) {
    this.steps = program.steps();
  }

  boolean any(Predicate<Instruction> kind) {
    return !all(kind).isEmpty();
  }

  /** The numbers of the steps of a kind. */
  BitSet all(Predicate<Instruction> kind) {
    BitSet numbers = new BitSet(steps.length);
    for (int i = 0; i < steps.length; i++) {
      if (kind.test(steps[i].site().instruction())) {
        numbers.set(i);
      }
    }
    return numbers;
  }

  private static boolean has(Instruction instruction, String modifier) {
    return instruction.modifiers().contains(modifier);
  }

  /** With a member mask. */
  static boolean isMasked(Instruction instruction) {
    return MASKED.contains(instruction.opcode())
        || instruction.opcode().equals("bar") && has(instruction, "warp");
  }

  /** With a member mask that may leave somebody out. */
  static boolean mayExclude(Instruction instruction) {
    return isMasked(instruction)
        && !(instruction.operands().getLast() instanceof Operand.IntegerLiteral literal
            && (int) literal.value() == Warp.FULL);
  }

  /** Of a block or cluster. */
  static boolean isBarrier(Instruction instruction) {
    return instruction.opcode().equals("barrier")
        || instruction.opcode().equals("bar") && !has(instruction, "warp");
  }

  /** An operation that is waited for in groups, or a wait. */
  static boolean isGrouped(Instruction instruction) {
    return isWgmma(instruction)
        || instruction.opcode().equals("cp") && has(instruction, "async")
        || isBulkGrouped(instruction);
  }

  /** A bulk operation that is waited for in groups. */
  static boolean isBulkGrouped(Instruction instruction) {
    return has(instruction, "bulk_group");
  }

  /** An operation on mbarriers, {@code cp.async.mbarrier.arrive} included. */
  static boolean isMbarrier(Instruction instruction) {
    return instruction.opcode().equals("mbarrier") || has(instruction, "mbarrier");
  }

  static boolean isWgmma(Instruction instruction) {
    return instruction.opcode().equals("wgmma");
  }

  /** To be executed by all four warps of a warpgroup. */
  static boolean isOfWarpgroup(Instruction instruction) {
    return instruction.opcode().equals("setmaxnreg") || has(instruction, "mma_async");
  }
}
