package dev.kiln.runtime.sim.ptx;

import java.util.List;
import java.util.Optional;

/** What stands in a function's body. */
public sealed interface Statement {
  Position at();

  /** A label of the enclosing scope. */
  record Label(Position at, String name) implements Statement {}

  /**
   * An instruction. Modifiers keep the order in which they were written, without their dots; a
   * qualified one is one word ({@code shared::cta}).
   *
   * @param opcode the first word, e.g. {@code ld}; {@code mma} and {@code mma} with {@code
   *     sp::ordered_metadata} as a modifier
   */
  record Instruction(
      Position at,
      Optional<Guard> guard,
      String opcode,
      List<String> modifiers,
      List<Operand> operands)
      implements Statement {
    public Instruction {
      modifiers = List.copyOf(modifiers);
      operands = List.copyOf(operands);
    }

    /** The opcode and its modifiers, as written. */
    public String mnemonic() {
      return modifiers.isEmpty() ? opcode : opcode + "." + String.join(".", modifiers);
    }
  }

  /** {@code @%p1} or {@code @!%p1}. */
  record Guard(Position at, String predicate, boolean negated) {}

  /**
   * {@code .reg .b32 %r<10>;}
   *
   * @param count number of registers {@code name0, name1 ...}; empty for one register of that name
   */
  record Registers(Position at, PtxType type, int vector, String name, Optional<Integer> count)
      implements Statement {}

  /** A variable declared in a body. */
  record Declaration(Position at, Variable variable) implements Statement {}

  /** {@code { ... }}: names declared inside are known inside only. */
  record Scope(Position at, List<Statement> statements) implements Statement {
    public Scope {
      statements = List.copyOf(statements);
    }
  }

  /** {@code .loc}: the source line of the instructions that follow. */
  record SourceLine(Position at, int file, int line, int column) implements Statement {}

  /** {@code .pragma}. */
  record Pragma(Position at, String text) implements Statement {}

  /** {@code .branchtargets}: what {@code brx.idx} may jump to. */
  record BranchTargets(Position at, String name, List<String> labels) implements Statement {
    public BranchTargets {
      labels = List.copyOf(labels);
    }
  }

  /** {@code .calltargets}: what an indirect call may call. */
  record CallTargets(Position at, String name, List<String> functions) implements Statement {
    public CallTargets {
      functions = List.copyOf(functions);
    }
  }

  /** {@code .callprototype}: results and parameters of an indirect call. */
  record CallPrototype(Position at, String name, List<Variable> results, List<Variable> parameters)
      implements Statement {
    public CallPrototype {
      results = List.copyOf(results);
      parameters = List.copyOf(parameters);
    }
  }
}
