package dev.kiln.compiler;

import dev.kiln.compiler.diagnostics.Diagnostic;
import dev.kiln.compiler.ir.TileFunction;
import java.util.List;

/**
 * One specialisation of a kernel, ready for a device to load.
 *
 * @param lowered tile IR as the front end made it
 * @param tir tile IR after optimisation: what devices take
 * @param warnings what the front end had to say
 */
public record CompiledKernel(
    String name,
    Target target,
    Specialization specialization,
    TileFunction lowered,
    TileFunction tir,
    List<Diagnostic> warnings) {
  public CompiledKernel {
    warnings = List.copyOf(warnings);
  }
}
