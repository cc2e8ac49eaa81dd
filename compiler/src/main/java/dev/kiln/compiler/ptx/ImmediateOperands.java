package dev.kiln.compiler.ptx;

/** Moves numbers to registers where instructions do not take numbers. */
final class ImmediateOperands {
  private ImmediateOperands() {}

  static PtxFunction legalize(PtxFunction function) {
    return function;
  }
}
