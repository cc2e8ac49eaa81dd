package dev.kiln.runtime.sim.program;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.memory.GuardedLayout;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.List;
import java.util.Map;

/**
 * One entry with the functions that it calls, ready to run. Step 0 is the entry's first; control
 * enters elsewhere only at {@code leaders}.
 *
 * @param steps all of them; a step's number is its index
 * @param leaders for each step, whether a branch, a call, a return or a join may lead to it
 * @param words number of register slots of up to 32 bits, constants included
 * @param wides of 64 bits
 * @param predicates of one bit
 * @param constants slots that hold the same value in every lane from the start
 * @param specials slots that the executor fills for each warp; all but GRIDID in {@code words}
 * @param staticShared bytes of declared shared memory; the dynamic part follows, aligned to {@code
 *     dynamicSharedAlignment}
 * @param localBytes local memory of a thread: frames, call parameters and room for recursion
 * @param localVariables what threads may touch of it, without overlaps; empty for all of it
 * @param directives {@code reqntid}, {@code maxntid}, {@code reqnctapercluster}, {@code maxnreg}
 *     ... with their numbers
 */
public record Program(
    String name,
    Step[] steps,
    boolean[] leaders,
    int words,
    int wides,
    int predicates,
    List<Constant> constants,
    Map<SpecialRegister, Integer> specials,
    List<Parameter> parameters,
    int parameterBytes,
    long staticShared,
    int dynamicSharedAlignment,
    List<PlacedVariable> sharedVariables,
    long localBytes,
    List<PlacedVariable> localVariables,
    Map<String, List<Integer>> directives) {

  /** Bytes of {@link #staticShared} that the kernel did not ask for: gaps between variables. */
  public long guardBytes() {
    return GuardedLayout.gaps(sharedVariables, staticShared);
  }

  /**
   * A slot with a constant.
   *
   * @param bits 1: index in {@code predicates}, 32 in {@code words}, 64 in {@code wides}
   */
  public record Constant(int bits, int index, long value) {}

  /** A parameter of the entry: where it lies in the parameters' bytes. */
  public record Parameter(String name, PtxType type, int offset, int size, int alignment) {}

  /** A variable in shared or local memory, for messages and bounds. */
  public record PlacedVariable(String name, long offset, long size) {}
}
