package dev.kiln.runtime.sim.program;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.isa.Decoder;
import dev.kiln.runtime.sim.isa.InstructionSet;
import dev.kiln.runtime.sim.isa.system.SystemCalls;
import java.util.Optional;
import java.util.function.Function;

/**
 * What a program may consist of.
 *
 * @param decoders by opcode
 * @param systemCalls functions that the system provides
 */
public record Instructions(
    Function<String, Optional<Decoder>> decoders, SystemCallTable systemCalls) {
  /** Everything that the simulator knows. */
  public static Instructions all() {
    return new Instructions(InstructionSet.all()::find, SystemCalls::step);
  }

  /** Functions that have no body in PTX, such as {@code vprintf}. */
  @FunctionalInterface
  public interface SystemCallTable {
    /**
     * A step that does what the function does, or nothing if there is no such function.
     *
     * @param arguments slots in {@code wides} that hold the arguments' addresses in local memory
     * @param result slot in {@code wides} that holds the result's address; -1 without a result
     */
    Optional<Step> step(String name, int[] arguments, int result);
  }
}
