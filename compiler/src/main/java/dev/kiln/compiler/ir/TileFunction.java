package dev.kiln.compiler.ir;

import dev.kiln.compiler.diagnostics.Location;
import java.util.List;

/**
 * One specialised kernel: all calls are inlined, all constants known.
 *
 * @param params one for each run-time argument, in order; constants have been dropped
 * @param body ends in a {@link ControlOp.Return}; its block parameters are the values of {@code
 *     params}
 */
public record TileFunction(Location loc, String name, List<Param> params, Block body) {
  public TileFunction {
    params = List.copyOf(params);
  }

  /** The same with another body; itself, if that is the body it has. */
  public TileFunction withBody(Block newBody) {
    return newBody == body ? this : new TileFunction(loc, name, params, newBody);
  }

  /**
   * A run-time argument.
   *
   * @param dtype with its sign: for a scalar its own type, for a pointer what it points to
   * @param divisibility a power of two that is known to divide the number, or the address in bytes;
   *     1 where nothing is known
   * @param isConst whether the kernel declared that it only reads through this pointer
   */
  public record Param(String name, Value value, DType dtype, int divisibility, boolean isConst) {}
}
