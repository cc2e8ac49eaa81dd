package dev.kiln.runtime.sim.exec;

import dev.kiln.runtime.sim.ptx.Statement.Instruction;
import java.util.Optional;

/**
 * Where a step comes from.
 *
 * @param pc its number in the program
 * @param function the function whose text holds it
 * @param instruction as written
 * @param source the place in the kernel's source, where {@code .loc} tells it
 */
public record Site(
    int pc, String file, String function, Instruction instruction, Optional<SourcePlace> source) {
  /** A line of a kernel's source. */
  public record SourcePlace(String file, int line) {
    @Override
    public String toString() {
      return file + ":" + line;
    }
  }

  /** Line of the PTX text. */
  public int line() {
    return instruction.at().line();
  }

  /** "kernel.ptx:12 (softmax.py:7)". */
  @Override
  public String toString() {
    String ptx = file + ":" + line();
    return source.map(place -> ptx + " (" + place + ")").orElse(ptx);
  }
}
