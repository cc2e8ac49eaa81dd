package dev.kiln.compiler.frontend;

import dev.kiln.compiler.Specialization;
import dev.kiln.compiler.Target;
import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.ir.IrBuilder;
import java.util.List;
import java.util.Map;

/** What an operation may ask of the interpreter that runs it. */
public interface FrontContext {
  IrBuilder builder();

  Target target();

  Specialization specialization();

  /** Where the expression that is being evaluated stands, with the chain of its callers. */
  Location location();

  /**
   * Calls a function value (a builtin or {@code jit} function), as if the kernel had called it
   * here.
   */
  FrontValue call(FrontValue function, List<FrontValue> args, Map<String, FrontValue> kwargs);

  /** Calls a function of the prelude by its name, for instance {@code "sum"}. */
  FrontValue callPrelude(String name, List<FrontValue> args, Map<String, FrontValue> kwargs);

  /** Notes a warning here. */
  void warn(String message);

  /** Prints a line of compile-time output ({@code static_print}). */
  void print(String text);

  /** An error here, to be thrown. */
  CompilationException error(String message);

  CompilationException error(String message, String hint);
}
