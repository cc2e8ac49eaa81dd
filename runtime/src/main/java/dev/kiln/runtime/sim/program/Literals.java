package dev.kiln.runtime.sim.program;

import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.PtxType;

/** Literals as operands (section "Constants" of the manual): which types take which. */
final class Literals {
  private final LineContext context;

  Literals(LineContext context) {
    this.context = context;
  }

  /** Index of an integer's slot; narrow types take its low bits. */
  int of(Operand.IntegerLiteral literal, PtxType type) {
    if (OperandTypes.isNumber(type) && type.isFloat()) {
      throw context.malformedAt(literal.at(), "an integer where " + type + " is wanted");
    }
    return switch (Bank.of(type)) {
      case PREDICATE -> context.storage.constant(1, literal.value() != 0 ? 1 : 0);
      case WORD -> {
        long mask = type.bits() == 32 ? 0xffff_ffffL : (1L << type.bits()) - 1;
        yield context.storage.constant(32, literal.value() & mask);
      }
      case WIDE -> context.storage.constant(64, literal.value());
      case QUAD -> throw context.unsupportedAt(literal.at(), "a literal of 128 bits");
    };
  }

  /** Index of a floating-point number's slot, in the type's format or as its bits. */
  int of(Operand.FloatLiteral literal, PtxType type) {
    double value =
        literal.single()
            ? Float.intBitsToFloat((int) literal.bits())
            : Double.longBitsToDouble(literal.bits());
    return switch (type) {
      case F32 ->
          context.storage.constant(
              32,
              (literal.single() ? literal.bits() : Float.floatToRawIntBits((float) value))
                  & 0xffff_ffffL);
      case F64 ->
          context.storage.constant(
              64, literal.single() ? Double.doubleToRawLongBits(value) : literal.bits());
      case B32 -> {
        if (!literal.single()) {
          throw context.malformedAt(literal.at(), "a number of 64 bits where .b32 is wanted");
        }
        yield context.storage.constant(32, literal.bits() & 0xffff_ffffL);
      }
      case B64 -> {
        if (literal.single()) {
          throw context.malformedAt(literal.at(), "a number of 32 bits where .b64 is wanted");
        }
        yield context.storage.constant(64, literal.bits());
      }
      default ->
          throw context.malformedAt(
              literal.at(), "a floating-point number where " + type + " is wanted");
    };
  }
}
