package dev.kiln.runtime.sim.program;

import dev.kiln.runtime.sim.ptx.Position;

/** An instruction, or a form of one, that the simulator does not know. */
public final class UnsupportedInstruction extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Position at;

  public UnsupportedInstruction(Position at, String message) {
    super(message, null, false, false);
    this.at = at;
  }

  public Position at() {
    return at;
  }
}
