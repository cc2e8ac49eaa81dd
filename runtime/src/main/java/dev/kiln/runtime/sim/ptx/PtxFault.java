package dev.kiln.runtime.sim.ptx;

/** A statement that cannot be read; the ones beside it can. */
final class PtxFault extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Position at;

  PtxFault(Position at, String message) {
    super(message, null, false, false);
    this.at = at;
  }

  Position at() {
    return at;
  }
}
