package dev.kiln.compiler.eval;

import java.io.PrintStream;
import java.util.List;
import java.util.Optional;

/**
 * One launch of a kernel.
 *
 * @param arguments one for each run-time parameter: an integral number for integers ({@code i1}: 0
 *     or 1) and addresses, any number for floats, which is rounded to the parameter's type
 * @param out where {@code device_print} goes
 * @param shadow what of the memory has been written; its presence turns the sanitizer on
 */
public record Launch(
    Grid grid,
    List<Number> arguments,
    GlobalMemory memory,
    PrintStream out,
    Limits limits,
    Optional<ShadowMemory> shadow,
    Optional<Trace> trace) {
  public Launch {
    arguments = List.copyOf(arguments);
  }

  /** Prints to {@link System#out}; no limits, no sanitizer, no trace. */
  public static Launch of(Grid grid, GlobalMemory memory, List<? extends Number> arguments) {
    return new Launch(
        grid,
        List.copyOf(arguments),
        memory,
        System.out,
        Limits.NONE,
        Optional.empty(),
        Optional.empty());
  }

  public Launch printingTo(PrintStream stream) {
    return new Launch(grid, arguments, memory, stream, limits, shadow, trace);
  }

  public Launch limitedTo(Limits bounds) {
    return new Launch(grid, arguments, memory, out, bounds, shadow, trace);
  }

  /** Sanitized; what the memory's allocations say about initialisation is taken as it is. */
  public Launch sanitized() {
    return sanitized(ShadowMemory.of(memory.allocations()));
  }

  /** Sanitized with knowledge from earlier launches, which this one extends. */
  public Launch sanitized(ShadowMemory written) {
    return new Launch(grid, arguments, memory, out, limits, Optional.of(written), trace);
  }

  public Launch traced(Trace request) {
    return new Launch(grid, arguments, memory, out, limits, shadow, Optional.of(request));
  }

  /**
   * Which values to tell of.
   *
   * @param line of the kernel's source file
   */
  public record Trace(int line, ProgramId program, TraceListener listener) {}
}
