package dev.kiln.compiler.transform;

import dev.kiln.compiler.ir.TileFunction;

/**
 * A step from tile IR to better tile IR of the same meaning. Keeps every invariant of {@link
 * dev.kiln.compiler.ir.Verifier}; returns the function itself if there was nothing to do. Has no
 * state, so that threads may share it.
 */
public interface Pass {
  /** The name by which tests and dumps speak of it: {@code canonicalize}. */
  String name();

  TileFunction run(TileFunction function);
}
