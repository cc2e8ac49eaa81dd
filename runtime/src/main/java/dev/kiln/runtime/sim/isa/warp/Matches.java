package dev.kiln.runtime.sim.isa.warp;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.Decoder;
import dev.kiln.runtime.sim.isa.lane.LaneSource;
import dev.kiln.runtime.sim.isa.lane.PredicateStep;
import dev.kiln.runtime.sim.isa.lane.Types;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.EnumSet;
import java.util.Map;

/** {@code match.sync}: which lanes hold the same value. */
public final class Matches {
  private Matches() {}

  public static Map<String, Decoder> decoders() {
    return Map.of("match", Matches::match);
  }

  private static Step match(DecodeContext context) {
    MaskedStep.takeSync(context);
    boolean all =
        context
            .modifiers()
            .takeAny("any", "all")
            .orElseThrow(() -> context.malformed("match needs .any or .all"))
            .equals("all");
    PtxType type = Types.take(context, EnumSet.of(PtxType.B32, PtxType.B64));
    context.expectOperands(3, 3);
    LaneSource source = LaneSource.of(context, context.operand(1), type);
    MaskedStep.Mask mask = MaskedStep.Mask.of(context, 2);
    if (!all) {
      return any(mask, context.wordTarget(context.operand(0), PtxType.B32), source);
    }
    Operand d = context.operand(0);
    int predicate = d instanceof Operand.Pair pair ? context.predicateTarget(pair.second()) : -1;
    Operand first = d instanceof Operand.Pair pair ? pair.first() : d;
    return all(mask, context.wordTarget(first, PtxType.B32), predicate, source);
  }

  /** Lanes of {@code among} that hold what a lane holds. */
  private static int same(Warp warp, LaneSource source, int lane, int among) {
    long value = source.at(warp, lane);
    int same = 0;
    for (int lanes = among; lanes != 0; lanes &= lanes - 1) {
      int other = Integer.numberOfTrailingZeros(lanes);
      same |= source.at(warp, other) == value ? 1 << other : 0;
    }
    return same;
  }

  private static Step any(MaskedStep.Mask mask, int target, LaneSource source) {
    return new MaskedStep(mask) {
      @Override
      public void run(Warp warp) {
        // Lanes of a group are written when it has been found: they are not looked at again.
        for (int left = warp.active; left != 0; ) {
          int group = same(warp, source, Integer.numberOfTrailingZeros(left), left);
          for (int lanes = group; lanes != 0; lanes &= lanes - 1) {
            warp.words[target + Integer.numberOfTrailingZeros(lanes)] = group;
          }
          left &= ~group;
        }
      }
    };
  }

  private static Step all(MaskedStep.Mask mask, int target, int predicate, LaneSource source) {
    return new MaskedStep(mask) {
      @Override
      public void run(Warp warp) {
        int active = warp.active;
        int group = same(warp, source, Integer.numberOfTrailingZeros(active), active);
        boolean agreed = group == active;
        Votes.store(warp, target, agreed ? active : 0);
        if (predicate >= 0) {
          PredicateStep.set(warp, predicate, agreed ? -1 : 0);
        }
      }
    };
  }
}
