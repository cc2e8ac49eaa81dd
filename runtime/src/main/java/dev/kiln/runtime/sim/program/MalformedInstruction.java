package dev.kiln.runtime.sim.program;

import dev.kiln.runtime.sim.ptx.Position;

/** An instruction that is wrong as written. */
public final class MalformedInstruction extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Position at;

  public MalformedInstruction(Position at, String message) {
    super(message, null, false, false);
    this.at = at;
  }

  public Position at() {
    return at;
  }
}
