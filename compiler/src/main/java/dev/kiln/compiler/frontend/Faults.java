package dev.kiln.compiler.frontend;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Location;

/** What is said when the compiler itself fails. */
final class Faults {
  private Faults() {}

  static CompilationException internal(Location at, Throwable cause) {
    if (cause instanceof StackOverflowError) {
      return CompilationException.at(
          at,
          "the kernel is nested too deeply to be compiled",
          "split long expressions, or end recursion earlier");
    }
    CompilationException fault =
        CompilationException.at(
            at,
            "internal compiler error: " + cause,
            "this is a fault of Kiln, not of the kernel; please report it with this source");
    fault.initCause(cause);
    return fault;
  }
}
