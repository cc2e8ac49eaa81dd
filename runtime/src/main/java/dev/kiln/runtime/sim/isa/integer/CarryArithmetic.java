package dev.kiln.runtime.sim.isa.integer;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.lane.LaneSource;
import dev.kiln.runtime.sim.isa.lane.LaneStep;
import dev.kiln.runtime.sim.isa.lane.LaneTarget;
import dev.kiln.runtime.sim.isa.lane.Types;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.LongBinaryOperator;

/**
 * Section 9.7.2: extended-precision arithmetic. {@code .cc} writes the carry, or the borrow of a
 * difference, into {@link Warp#carry}; {@code addc}, {@code subc} and {@code madc} read it.
 */
final class CarryArithmetic {
  private static final Set<PtxType> TYPES =
      EnumSet.of(PtxType.U32, PtxType.S32, PtxType.U64, PtxType.S64);

  private CarryArithmetic() {}

  /**
   * {@code add.cc}, {@code addc{.cc}}, and with {@code minus} {@code sub.cc}, {@code subc{.cc}}.
   */
  static Step sum(DecodeContext context, boolean minus, boolean readsCarry) {
    boolean writesCarry = context.modifiers().take("cc");
    PtxType type = type(context);
    context.expectOperands(3, 3);
    LaneTarget target = LaneTarget.of(context, context.operand(0), type);
    LaneSource a = LaneSource.of(context, context.operand(1), type);
    LaneSource b = LaneSource.of(context, context.operand(2), type);
    int bits = type.bits();
    return new LaneStep() {
      @Override
      protected void runLane(Warp warp, int lane) {
        int carry = readsCarry ? warp.carry >>> lane & 1 : 0;
        long x = a.at(warp, lane);
        long y = b.at(warp, lane);
        long result = minus ? x - y - carry : x + y + carry;
        target.set(warp, lane, result);
        if (writesCarry) {
          setCarry(warp, lane, minus ? borrow(x, y, carry, bits) : carry(x, y, carry, bits));
        }
      }
    };
  }

  /** {@code mad.cc} and {@code madc{.cc}}. */
  static Step product(DecodeContext context, boolean readsCarry) {
    boolean writesCarry = context.modifiers().take("cc");
    String part = Products.part(context);
    if (part.equals("wide")) {
      throw context.malformed("no carry with .wide");
    }
    PtxType signedness = context.instruction().modifiers().contains("s32") ? PtxType.S32 : null;
    signedness = context.instruction().modifiers().contains("s64") ? PtxType.S64 : signedness;
    PtxType unsigned = type(context);
    PtxType type = signedness != null ? signedness : unsigned;
    context.expectOperands(4, 4);
    LaneTarget target = LaneTarget.of(context, context.operand(0), type);
    LaneSource a = LaneSource.of(context, context.operand(1), type);
    LaneSource b = LaneSource.of(context, context.operand(2), type);
    LaneSource c = LaneSource.of(context, context.operand(3), unsigned);
    LongBinaryOperator half = part.equals("lo") ? (x, y) -> x * y : Products.high(type);
    int bits = type.bits();
    long mask = bits == 64 ? -1 : (1L << bits) - 1;
    return new LaneStep() {
      @Override
      protected void runLane(Warp warp, int lane) {
        int carry = readsCarry ? warp.carry >>> lane & 1 : 0;
        long x = half.applyAsLong(a.at(warp, lane), b.at(warp, lane)) & mask;
        long y = c.at(warp, lane);
        target.set(warp, lane, x + y + carry);
        if (writesCarry) {
          setCarry(warp, lane, carry(x, y, carry, bits));
        }
      }
    };
  }

  /** Carries are those of unsigned numbers, whatever the type. */
  private static PtxType type(DecodeContext context) {
    PtxType type = Types.take(context, TYPES);
    return Types.unsigned(type.bits());
  }

  private static void setCarry(Warp warp, int lane, boolean set) {
    int bit = 1 << lane;
    warp.carry = set ? warp.carry | bit : warp.carry & ~bit;
  }

  private static boolean carry(long x, long y, int carry, int bits) {
    long sum = x + y + carry;
    if (bits == 32) {
      return sum >>> 32 != 0;
    }
    return carry == 0 ? Long.compareUnsigned(sum, x) < 0 : Long.compareUnsigned(sum, x) <= 0;
  }

  private static boolean borrow(long x, long y, int borrow, int bits) {
    if (bits == 32) {
      return x - y - borrow < 0;
    }
    int order = Long.compareUnsigned(x, y);
    return order < 0 || order == 0 && borrow != 0;
  }
}
