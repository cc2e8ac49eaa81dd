package dev.kiln.runtime.sim.isa.warp;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.Decoder;
import dev.kiln.runtime.sim.isa.lane.PredicateStep;
import dev.kiln.runtime.sim.isa.lane.Types;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.program.DecodeContext.Predicate;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.EnumSet;
import java.util.Map;

/** {@code vote.sync}, {@code activemask}, {@code elect.sync}: who is here, and who says yes. */
public final class Votes {
  private Votes() {}

  public static Map<String, Decoder> decoders() {
    return Map.of("vote", Votes::vote, "activemask", Votes::activemask, "elect", Votes::elect);
  }

  private static Step vote(DecodeContext context) {
    MaskedStep.takeSync(context);
    String mode =
        context
            .modifiers()
            .takeAny("all", "any", "uni", "ballot")
            .orElseThrow(() -> context.malformed("vote needs .all, .any, .uni or .ballot"));
    boolean ballot = mode.equals("ballot");
    Types.take(context, EnumSet.of(ballot ? PtxType.B32 : PtxType.PRED));
    context.expectOperands(3, 3);
    Predicate source = context.predicate(context.operand(1));
    MaskedStep.Mask mask = MaskedStep.Mask.of(context, 2);
    if (ballot) {
      return new Ballot(mask, context.wordTarget(context.operand(0), PtxType.B32), source);
    }
    int target = context.predicateTarget(context.operand(0));
    return switch (mode) {
      case "all" -> new Decision(mask, target, source, true, false);
      case "any" -> new Decision(mask, target, source, true, true);
      default -> new Decision(mask, target, source, false, false);
    };
  }

  private static final class Ballot extends MaskedStep {
    private final int target;
    private final Predicate source;

    Ballot(Mask mask, int target, Predicate source) {
      super(mask);
      this.target = target;
      this.source = source;
    }

    @Override
    public void run(Warp warp) {
      store(warp, target, source.lanes(warp) & warp.active);
    }
  }

  /** One answer for all: whether all said yes, or any did, or all said the same. */
  private static final class Decision extends MaskedStep {
    private final int target;
    private final Predicate source;
    private final boolean counts;
    private final boolean any;

    /**
     * @param counts whether yes counts, rather than agreement
     */
    Decision(Mask mask, int target, Predicate source, boolean counts, boolean any) {
      super(mask);
      this.target = target;
      this.source = source;
      this.counts = counts;
      this.any = any;
    }

    @Override
    public void run(Warp warp) {
      int yes = source.lanes(warp) & warp.active;
      boolean all = yes == warp.active;
      boolean result = any ? yes != 0 : counts ? all : all || yes == 0;
      PredicateStep.set(warp, target, result ? -1 : 0);
    }
  }

  /** The same value in all active lanes. */
  static void store(Warp warp, int target, int value) {
    int[] words = warp.words;
    for (int lanes = warp.active; lanes != 0; lanes &= lanes - 1) {
      words[target + Integer.numberOfTrailingZeros(lanes)] = value;
    }
  }

  private static Step activemask(DecodeContext context) {
    Types.take(context, EnumSet.of(PtxType.B32));
    context.expectOperands(1, 1);
    int target = context.wordTarget(context.operand(0), PtxType.B32);
    return new Step() {
      @Override
      public void run(Warp warp) {
        store(warp, target, warp.active);
      }
    };
  }

  /** The lowest lane is elected: the manual asks only that it always be the same one. */
  private static Step elect(DecodeContext context) {
    MaskedStep.takeSync(context);
    context.expectOperands(2, 2);
    if (!(context.operand(0) instanceof Operand.Pair pair)) {
      throw context.malformed("elect writes d|p");
    }
    int target = context.wordTarget(pair.first(), PtxType.B32);
    int predicate = context.predicateTarget(pair.second());
    return new MaskedStep(MaskedStep.Mask.of(context, 1)) {
      @Override
      public void run(Warp warp) {
        int leader = Integer.numberOfTrailingZeros(warp.active);
        store(warp, target, leader);
        PredicateStep.set(warp, predicate, 1 << leader);
      }
    };
  }
}
