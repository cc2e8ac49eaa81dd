package dev.kiln.runtime.sim.program;

import dev.kiln.runtime.sim.ptx.PtxType;

/** Which registers suit which instruction types (section "Operand Type Information"). */
final class OperandTypes {
  private OperandTypes() {}

  /**
   * Whether an operand may stand where another type is wanted; both are in the same bank.
   *
   * @param anyWidth special registers may be read as if they were narrower
   */
  static boolean suit(PtxType declared, PtxType wanted, boolean anyWidth) {
    // Bytes, and formats below them, live in registers of 16 or 32 bits.
    boolean wholeWidths = declared.bits() >= 16 && wanted.bits() >= 16;
    if (wholeWidths && declared.bits() != wanted.bits() && !anyWidth) {
      return false;
    }
    return !isNumber(declared) || !isNumber(wanted) || declared.isFloat() == wanted.isFloat();
  }

  /** Whether a type says what its bits mean. */
  static boolean isNumber(PtxType type) {
    return switch (type) {
      case U16, U32, U64, S16, S32, S64, F16, BF16, F32, F64 -> true;
      default -> false;
    };
  }
}
