package dev.kiln.runtime.sim.isa.floating;

import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.ptx.PtxType;

/** Types of floating-point instructions. */
final class FloatTypes {
  private FloatTypes() {}

  /** Takes the next type, one on which arithmetic is possible. */
  static PtxType take(DecodeContext context) {
    PtxType type =
        context
            .modifiers()
            .takeType()
            .orElseThrow(
                () -> context.malformed(context.instruction().mnemonic() + " lacks a type"));
    return switch (type) {
      case F16, F16X2, BF16, BF16X2, F32, F32X2, F64 -> type;
      default -> throw context.unsupported(context.instruction().opcode() + " of type " + type);
    };
  }

  /** The format of a type of 16 bits, or of its halves. */
  static FloatCode half(PtxType type) {
    return type == PtxType.F16 || type == PtxType.F16X2 ? FloatCode.F16 : FloatCode.BF16;
  }

  static boolean isHalf(PtxType type) {
    return type == PtxType.F16
        || type == PtxType.F16X2
        || type == PtxType.BF16
        || type == PtxType.BF16X2;
  }

  static boolean isPacked(PtxType type) {
    return type == PtxType.F16X2 || type == PtxType.BF16X2;
  }

  /** The format of the narrow operands of a mixed precision instruction, {@code .f32.f16}. */
  static FloatCode mixed(DecodeContext context, PtxType wide, PtxType narrow) {
    if (wide != PtxType.F32 || (narrow != PtxType.F16 && narrow != PtxType.BF16)) {
      throw context.malformed("types " + wide + narrow + " do not go together");
    }
    return half(narrow);
  }

  /** The {@code .f32} of a narrow number, exactly. */
  static int widen(FloatCode half, int bits) {
    return Float.floatToRawIntBits((float) half.decode(bits));
  }
}
