package dev.kiln.runtime.sim.isa.move;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.Decoder;
import dev.kiln.runtime.sim.isa.lane.LaneFunctions;
import dev.kiln.runtime.sim.isa.lane.LaneSource;
import dev.kiln.runtime.sim.isa.lane.LaneStep;
import dev.kiln.runtime.sim.isa.lane.LaneTarget;
import dev.kiln.runtime.sim.isa.lane.Types;
import dev.kiln.runtime.sim.isa.vector.IntegerWides;
import dev.kiln.runtime.sim.isa.vector.IntegerWords;
import dev.kiln.runtime.sim.isa.vector.VectorForms;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.program.DecodeContext.Predicate;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/** {@code selp} and {@code slct}: one of two values. */
public final class Selections {
  private static final Set<PtxType> TYPES =
      EnumSet.of(
          PtxType.B16,
          PtxType.B32,
          PtxType.B64,
          PtxType.U16,
          PtxType.U32,
          PtxType.U64,
          PtxType.S16,
          PtxType.S32,
          PtxType.S64,
          PtxType.F32,
          PtxType.F64);

  private Selections() {}

  public static Map<String, Decoder> decoders() {
    return Map.of("selp", Selections::selp, "slct", Selections::slct);
  }

  private static Step selp(DecodeContext context) {
    PtxType type = Types.take(context, TYPES);
    context.expectOperands(4, 4);
    LaneTarget target = LaneTarget.of(context, context.operand(0), type);
    LaneSource a = LaneSource.of(context, context.operand(1), type);
    LaneSource b = LaneSource.of(context, context.operand(2), type);
    Predicate chosen = context.predicate(context.operand(3));
    if (VectorForms.inUse()) {
      return type.bits() == 64
          ? new IntegerWides.Select(
              target.index(), a.index(), b.index(), chosen.index(), chosen.negated())
          : new IntegerWords.Select(
              target.index(), a.index(), b.index(), chosen.index(), chosen.negated());
    }
    return new LaneStep() {
      @Override
      protected void runLane(Warp warp, int lane) {
        boolean first = (chosen.lanes(warp) >>> lane & 1) != 0;
        target.set(warp, lane, (first ? a : b).at(warp, lane));
      }
    };
  }

  /** The first value if the third operand is not negative; NaN chooses the second. */
  private static Step slct(DecodeContext context) {
    boolean ftz = context.modifiers().take("ftz");
    PtxType type = Types.take(context, TYPES);
    PtxType by = Types.take(context, EnumSet.of(PtxType.S32, PtxType.F32));
    if (by == PtxType.S32) {
      if (ftz) {
        throw context.malformed(".ftz with type .s32");
      }
      return LaneFunctions.ternary(context, type, type, type, by, (a, b, c) -> c >= 0 ? a : b);
    }
    // With .ftz, negative subnormal numbers become -0, which is not less than 0.
    float least = ftz ? -Float.MIN_NORMAL : 0;
    return LaneFunctions.ternary(
        context,
        type,
        type,
        type,
        by,
        (a, b, c) -> {
          float value = Float.intBitsToFloat((int) c);
          return value >= 0 || value > least ? a : b;
        });
  }
}
