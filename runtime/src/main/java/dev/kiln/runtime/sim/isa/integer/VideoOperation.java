package dev.kiln.runtime.sim.isa.integer;

import dev.kiln.runtime.sim.isa.CompareOp;
import dev.kiln.runtime.sim.program.DecodeContext;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.LongBinaryOperator;

/** What a video instruction does with two numbers. */
enum VideoOperation {
  ADD,
  SUB,
  ABSDIFF,
  MIN,
  MAX,
  AVRG,
  SET,
  SHL,
  SHR;

  private static final Set<CompareOp> COMPARISONS =
      EnumSet.of(
          CompareOp.EQ, CompareOp.NE, CompareOp.LT, CompareOp.LE, CompareOp.GT, CompareOp.GE);

  String opcode() {
    return "v" + name().toLowerCase(Locale.ROOT);
  }

  /** Takes what belongs to the operation, such as a comparison. */
  LongBinaryOperator take(DecodeContext context) {
    return switch (this) {
      case ADD -> Long::sum;
      case SUB -> (a, b) -> a - b;
      case ABSDIFF -> (a, b) -> Math.abs(a - b);
      case MIN -> Math::min;
      case MAX -> Math::max;
      // Rounded half up for sums of 0 and more, half down below: away from 0.
      case AVRG -> (a, b) -> a + b >= 0 ? a + b + 1 >> 1 : a + b >> 1;
      case SET -> comparison(context);
      case SHL, SHR -> shift(context);
    };
  }

  private static LongBinaryOperator comparison(DecodeContext context) {
    for (CompareOp op : COMPARISONS) {
      if (context.modifiers().take(op.name().toLowerCase(Locale.ROOT))) {
        return switch (op) {
          case EQ -> (a, b) -> a == b ? 1 : 0;
          case NE -> (a, b) -> a != b ? 1 : 0;
          case LT -> (a, b) -> a < b ? 1 : 0;
          case LE -> (a, b) -> a <= b ? 1 : 0;
          case GT -> (a, b) -> a > b ? 1 : 0;
          default -> (a, b) -> a >= b ? 1 : 0;
        };
      }
    }
    throw context.malformed(context.instruction().opcode() + " without a comparison");
  }

  private LongBinaryOperator shift(DecodeContext context) {
    boolean clamp =
        context
            .modifiers()
            .takeAny("clamp", "wrap")
            .orElseThrow(
                () -> context.malformed(context.instruction().opcode() + " needs .clamp or .wrap"))
            .equals("clamp");
    boolean left = this == SHL;
    return (a, b) -> {
      // The amount is unsigned, as extracted from its operand.
      long amount = clamp ? Math.min(b, 32) : b & 31;
      return left ? a << amount : a >> amount;
    };
  }
}
