package dev.kiln.runtime.sim.program;

import dev.kiln.runtime.sim.ptx.Function;
import dev.kiln.runtime.sim.ptx.Position;
import dev.kiln.runtime.sim.ptx.PtxType;
import dev.kiln.runtime.sim.ptx.Statement;
import dev.kiln.runtime.sim.ptx.Variable;
import java.util.List;

/** What a name stands for. */
sealed interface Definition {
  Position at();

  /** Whether the name is known only after its declaration. */
  default boolean followsDeclaration() {
    return false;
  }

  /**
   * A register.
   *
   * @param number in the function's {@link RegisterTable}
   */
  record Register(Position at, PtxType type, int number) implements Definition {
    @Override
    public boolean followsDeclaration() {
      return true;
    }
  }

  /** A vector of registers, {@code .reg .v4 .f32 %v}. */
  record RegisterVector(Position at, PtxType type, List<Register> components)
      implements Definition {
    public RegisterVector {
      components = List.copyOf(components);
    }

    @Override
    public boolean followsDeclaration() {
      return true;
    }
  }

  /**
   * A variable or parameter.
   *
   * @param offset from the frame's or the parameters' begin, for {@link Placement#FRAME} and {@link
   *     Placement#PARAMETER}
   * @param register that holds its address, for {@link Placement#FORMAL}; else -1
   */
  record Datum(Position at, Variable variable, Placement placement, long offset, int register)
      implements Definition {
    @Override
    public boolean followsDeclaration() {
      return placement == Placement.FRAME;
    }
  }

  /** Where a variable lies. */
  enum Placement {
    /** Global or constant memory. */
    MODULE,
    /** Shared memory, declared with its size. */
    SHARED,
    /** What follows all declared shared memory. */
    DYNAMIC_SHARED,
    /** The function's frame in local memory. */
    FRAME,
    /** The parameters of the launch. */
    PARAMETER,
    /** Somewhere in local memory: the caller knows. */
    FORMAL,
    /** Declared {@code .extern} and defined nowhere. */
    ELSEWHERE
  }

  /** A function. */
  record Code(Position at, Function function) implements Definition {}

  /**
   * A label.
   *
   * @param line the line that follows it
   */
  record Label(Position at, int line) implements Definition {}

  /** {@code .branchtargets}. */
  record Branches(Position at, Statement.BranchTargets targets, Scope scope)
      implements Definition {}

  /** {@code .calltargets}. */
  record Calls(Position at, Statement.CallTargets targets) implements Definition {}

  /** {@code .callprototype}. */
  record Prototype(Position at, Statement.CallPrototype prototype) implements Definition {}
}
