package dev.kiln.compiler;

import dev.kiln.compiler.ir.Printer;
import dev.kiln.compiler.ir.TileFunction;

/**
 * A kernel, specialised and optimised, ready for a code generator or the evaluator.
 *
 * @param tir tile IR as the front end made it
 * @param optimized the same after the standard passes
 */
public record CompiledKernel(
    String name,
    Target target,
    Specialization specialization,
    TileFunction tir,
    TileFunction optimized) {
  /** A form that a kernel goes through on its way. */
  public enum Stage {
    /** Tile IR as the front end made it. */
    TIR,
    /** Tile IR after the standard passes. */
    OPTIMIZED_TIR
  }

  /** The text of a stage, made when asked for; without source locations. */
  public String text(Stage stage) {
    return Printer.print(
        switch (stage) {
          case TIR -> tir;
          case OPTIMIZED_TIR -> optimized;
        });
  }
}
