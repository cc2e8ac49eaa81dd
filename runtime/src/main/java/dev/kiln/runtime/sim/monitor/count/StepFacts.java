package dev.kiln.runtime.sim.monitor.count;

import dev.kiln.runtime.sim.exec.ControlStep;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.program.InsertedStep;
import dev.kiln.runtime.sim.program.Program;
import dev.kiln.runtime.sim.ptx.Statement.Instruction;

/** What counting needs to know of each step, as bits by its number. Shared by all threads. */
final class StepFacts {
  /** No instruction of the text. */
  static final int INSERTED = 1;

  /** Its guard is a condition: lanes that do not take the branch execute it too. */
  static final int BRANCH = 2;

  /** Lanes name rows of matrices. */
  static final int MATRIX = 4;

  /** Names parameter space: arguments of calls, which lie in local memory only here. */
  static final int PARAMETER = 8;

  /** A bulk operation that has an end in global memory. */
  static final int BULK_GLOBAL = 16;

  /** A call: only the simulator's own functions touch memory in it, such as {@code vprintf}. */
  static final int CALL = 32;

  private final byte[] facts;

  StepFacts(Program program) {
    Step[] steps = program.steps();
    facts = new byte[steps.length];
    for (int pc = 0; pc < steps.length; pc++) {
      facts[pc] = (byte) of(steps[pc]);
    }
  }

  int of(int pc) {
    return facts[pc];
  }

  int steps() {
    return facts.length;
  }

  private static int of(Step step) {
    if (step instanceof InsertedStep) {
      return INSERTED;
    }
    Instruction instruction = step.site().instruction();
    boolean branch =
        step instanceof ControlStep.Branch || step instanceof ControlStep.IndexedBranch;
    return (branch ? BRANCH : 0)
        | (instruction.opcode().endsWith("matrix") ? MATRIX : 0)
        | (Classification.of(instruction) == InstructionClass.PARAMETER ? PARAMETER : 0)
        | (instruction.modifiers().contains("global") ? BULK_GLOBAL : 0)
        | (instruction.opcode().equals("call") ? CALL : 0);
  }
}
