package dev.kiln.runtime.sim.isa.integer;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.integer.Selector.Part;
import dev.kiln.runtime.sim.isa.lane.LaneSource;
import dev.kiln.runtime.sim.isa.lane.LaneStep;
import dev.kiln.runtime.sim.isa.lane.LaneTarget;
import dev.kiln.runtime.sim.isa.lane.Types;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongBinaryOperator;

/** Video instructions on one value: section 9.7.17.1. */
final class ScalarVideo {
  private static final Set<PtxType> TYPES = EnumSet.of(PtxType.U32, PtxType.S32);

  private ScalarVideo() {}

  static Step decode(DecodeContext context, VideoOperation operation) {
    boolean saturate = context.modifiers().take("sat");
    LongBinaryOperator f = operation.take(context);
    boolean result = operation == VideoOperation.SET || Types.take(context, TYPES).isSigned();
    boolean set = operation == VideoOperation.SET;
    boolean signedA = Types.take(context, TYPES).isSigned();
    boolean signedB = Types.take(context, TYPES).isSigned();
    Optional<String> second = context.modifiers().takeAny("add", "min", "max");
    Part to = Selector.part(context, context.operand(0));
    boolean merges = to.width() < 32;
    if (merges && second.isPresent()) {
      throw context.malformed("a part of a register cannot be combined by ." + second.get());
    }
    int count = merges || second.isPresent() ? 4 : 3;
    context.expectOperands(count, count);
    LaneTarget target = target(context);
    Source a = Source.of(context, 1, signedA);
    Source b = Source.of(context, 2, signedB);
    LaneSource c =
        count == 3
            ? null
            : LaneSource.of(context, context.operand(3), result ? PtxType.S32 : PtxType.U32);
    boolean signed = result && !set;
    LongBinaryOperator last = second.map(word -> combine(word, signed)).orElse(null);
    return new LaneStep() {
      @Override
      protected void runLane(Warp warp, int lane) {
        long value = f.applyAsLong(a.at(warp, lane), b.at(warp, lane));
        if (saturate) {
          value = Saturation.to(to.width(), signed, value);
        }
        if (last != null) {
          value = last.applyAsLong(value, c.at(warp, lane));
        } else if (merges) {
          value = to.insert(value, c.at(warp, lane));
        }
        target.set(warp, lane, value);
      }
    };
  }

  private static LaneTarget target(DecodeContext context) {
    return LaneTarget.of(context, Selector.register(context.operand(0)), PtxType.U32);
  }

  /** The secondary operation, on 32 bits of the result and the third operand. */
  private static LongBinaryOperator combine(String word, boolean signed) {
    LongBinaryOperator f =
        switch (word) {
          case "add" -> Long::sum;
          case "min" -> Math::min;
          default -> Math::max;
        };
    return (value, c) -> f.applyAsLong(word32(value, signed), word32(c, signed));
  }

  private static long word32(long value, boolean signed) {
    return signed ? (int) value : value & 0xffff_ffffL;
  }

  /**
   * {@code vmad}: product and sum, plus one with {@code .po}, shifted down by {@code .shr7} or
   * {@code .shr15}. Negated operands, which nobody writes, are not known to the syntax.
   */
  static Step vmad(DecodeContext context) {
    boolean saturate = context.modifiers().take("sat");
    long one = context.modifiers().take("po") ? 1 : 0;
    int shift =
        context.modifiers().takeAny("shr7", "shr15").map(w -> w.equals("shr7") ? 7 : 15).orElse(0);
    boolean signedResult = Types.take(context, TYPES).isSigned();
    boolean signedA = Types.take(context, TYPES).isSigned();
    boolean signedB = Types.take(context, TYPES).isSigned();
    boolean signed = signedA || signedB;
    context.expectOperands(4, 4);
    LaneTarget target = target(context);
    Source a = Source.of(context, 1, signedA);
    Source b = Source.of(context, 2, signedB);
    LaneSource c = LaneSource.of(context, context.operand(3), signed ? PtxType.S32 : PtxType.U32);
    return new LaneStep() {
      @Override
      protected void runLane(Warp warp, int lane) {
        // An unsigned sum fits 64 bits: (2^32 - 1)^2 + 2^32 is below 2^64.
        long sum = a.at(warp, lane) * b.at(warp, lane) + c.at(warp, lane) + one;
        long value = signed ? sum >> shift : sum >>> shift;
        if (saturate) {
          boolean tooLarge = !signed && value < 0;
          value = Saturation.to(32, signedResult, tooLarge ? Long.MAX_VALUE : value);
        }
        target.set(warp, lane, value);
      }
    };
  }

  /** A part of a register, extended to a number. */
  private record Source(LaneSource register, Part part, boolean signed) {
    static Source of(DecodeContext context, int index, boolean signed) {
      Operand operand = context.operand(index);
      return new Source(
          LaneSource.of(context, Selector.register(operand), PtxType.U32),
          Selector.part(context, operand),
          signed);
    }

    long at(Warp warp, int lane) {
      return part.extract(register.at(warp, lane), signed);
    }
  }
}
