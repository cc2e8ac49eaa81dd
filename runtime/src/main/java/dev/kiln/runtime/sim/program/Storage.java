package dev.kiln.runtime.sim.program;

import dev.kiln.runtime.sim.exec.ControlStep.SlotRange;
import dev.kiln.runtime.sim.program.Definition.Datum;

/**
 * Where things lie. The first decoding of a function works with a draft, in which only identity
 * matters; the second with the places that the linker has found. Indices are those of lane 0 in a
 * warp's arrays.
 */
interface Storage {
  /** Index of a register. */
  int register(int number);

  /** Index of a slot that holds a value; {@code bits} are 1, 32 or 64. */
  int constant(int bits, long value);

  int special(SpecialRegister register);

  /** Address in its space of a variable in global, constant or shared memory. */
  long address(Datum datum);

  long functionAddress(String function);

  /** Address in local memory of a variable in the frame of a function that is not recursive. */
  long inFrame(Datum datum);

  /** Index in {@code wides} of each thread's stack pointer, for recursive functions. */
  int stackPointer();

  /** Where the stack begins and ends. */
  long stackBegin();

  long stackEnd();

  /** Index of what a caller hands to a callee as its formal parameter of that number. */
  int argument(Bank bank, int number);

  /** Number in the program of a line's first step. */
  int step(int line);

  /** Number in the program of the step at which the paths that part at a line meet. */
  int join(int line);

  /** Number in the program of a function's first step. */
  int entry(String function);

  /** The slots of the function that is being decoded. */
  SlotRange slots();

  /** Whether the program, begun at the function that is being decoded, needs a stack. */
  boolean needsStack();

  /** Stands in for places that are not yet known. */
  record Draft(RegisterTable registers, boolean needsStack) implements Storage {
    @Override
    public int register(int number) {
      return registers.bank(number) == Bank.PREDICATE ? number : number * 32;
    }

    @Override
    public int constant(int bits, long value) {
      return 0;
    }

    @Override
    public int special(SpecialRegister register) {
      return 0;
    }

    @Override
    public long address(Datum datum) {
      return 0;
    }

    @Override
    public long functionAddress(String function) {
      return 0;
    }

    @Override
    public long inFrame(Datum datum) {
      return datum.offset();
    }

    @Override
    public int stackPointer() {
      return 0;
    }

    @Override
    public long stackBegin() {
      return 0;
    }

    @Override
    public long stackEnd() {
      return 0;
    }

    @Override
    public int argument(Bank bank, int number) {
      return 0;
    }

    @Override
    public int step(int line) {
      return 0;
    }

    @Override
    public int join(int line) {
      return 0;
    }

    @Override
    public int entry(String function) {
      return 0;
    }

    @Override
    public SlotRange slots() {
      return null;
    }
  }
}
