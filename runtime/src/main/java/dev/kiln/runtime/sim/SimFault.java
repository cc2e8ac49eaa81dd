package dev.kiln.runtime.sim;

import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.sim.exec.LaneFault;

/**
 * A launch stopped. The message says what happened, the PTX line, the source line where it is known,
 * block, warp and lane, and for an address what lies nearby.
 */
public final class SimFault extends KilnException {
  private static final long serialVersionUID = 1L;

  private final LaneFault.Kind kind;

  public SimFault(LaneFault.Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public LaneFault.Kind kind() {
    return kind;
  }
}
