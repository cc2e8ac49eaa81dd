package dev.kiln.runtime.sim.isa.system;

import dev.kiln.runtime.sim.exec.Step;
import java.util.Optional;

/** The functions of the system by name. */
public final class SystemCalls {
  private SystemCalls() {}

  /**
   * A step that does what a function does, or nothing if there is no such function.
   *
   * @param arguments slots in {@code wides} that hold the arguments' addresses in local memory
   * @param result slot in {@code wides} that holds the result's address; -1 without a result
   */
  public static Optional<Step> step(String name, int[] arguments, int result) {
    CallMemory memory = new CallMemory(arguments, result);
    return Optional.ofNullable(
        switch (name) {
          case "vprintf" -> new PrintStep(memory);
          case "__assertfail" -> new AssertStep(memory);
          case "malloc" -> new HeapStep.Allocate(memory);
          case "free" -> new HeapStep.Free(memory);
          default -> null;
        });
  }
}
