package dev.kiln.runtime.sim.ptx;

/** Something wrong at a place in a PTX text. */
public record PtxDiagnostic(String file, Position at, String message) {
  @Override
  public String toString() {
    return file + ":" + at + ": " + message;
  }
}
