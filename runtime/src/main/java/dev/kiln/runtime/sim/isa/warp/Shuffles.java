package dev.kiln.runtime.sim.isa.warp;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.exec.WarpSyncStep;
import dev.kiln.runtime.sim.isa.Decoder;
import dev.kiln.runtime.sim.isa.lane.PredicateStep;
import dev.kiln.runtime.sim.isa.lane.Types;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.EnumSet;
import java.util.Map;

/**
 * {@code shfl.sync}. A lane whose source takes no part keeps its own value of the source register;
 * the manual leaves it undefined.
 */
public final class Shuffles {
  private static final PtxType TYPE = PtxType.B32;

  private Shuffles() {}

  public static Map<String, Decoder> decoders() {
    return Map.of("shfl", Shuffles::shfl);
  }

  /** Which lane is read. */
  private enum Mode {
    UP,
    DOWN,
    BFLY,
    IDX;

    /**
     * The source lane, plus 32 if it is out of range and the lane reads itself.
     *
     * @param b an offset, a mask or an index
     * @param c the clamp in bits 0 to 4, the segment mask in bits 8 to 12
     */
    int source(int lane, int b, int c) {
      int offset = b & 31;
      int clamp = c & 31;
      int segment = c >>> 8 & 31;
      int least = lane & segment;
      int most = least | clamp & ~segment;
      int from =
          switch (this) {
            case UP -> lane - offset;
            case DOWN -> lane + offset;
            case BFLY -> lane ^ offset;
            case IDX -> least | offset & ~segment;
          };
      boolean inRange = this == UP ? from >= most : from <= most;
      return inRange ? from : lane + 32;
    }
  }

  private static Step shfl(DecodeContext context) {
    MaskedStep.takeSync(context);
    Mode mode =
        switch (context.modifiers().takeAny("up", "down", "bfly", "idx").orElse("")) {
          case "up" -> Mode.UP;
          case "down" -> Mode.DOWN;
          case "bfly" -> Mode.BFLY;
          case "idx" -> Mode.IDX;
          default -> throw context.malformed("shfl needs .up, .down, .bfly or .idx");
        };
    Types.take(context, EnumSet.of(TYPE));
    context.expectOperands(5, 5);
    Operand d = context.operand(0);
    int predicate = d instanceof Operand.Pair pair ? context.predicateTarget(pair.second()) : -1;
    int target = context.wordTarget(d instanceof Operand.Pair pair ? pair.first() : d, TYPE);
    int a = context.word(context.operand(1), TYPE);
    Operand b = context.operand(2);
    Operand c = context.operand(3);
    MaskedStep.Mask mask = MaskedStep.Mask.of(context, 4);
    if (b instanceof Operand.IntegerLiteral literalB
        && c instanceof Operand.IntegerLiteral literalC) {
      int[] sources = new int[Warp.LANES];
      for (int lane = 0; lane < Warp.LANES; lane++) {
        sources[lane] = mode.source(lane, (int) literalB.value(), (int) literalC.value());
      }
      return new Fixed(mask, target, predicate, a, context.scratchWord(), mode, sources);
    }
    return new Variable(
        mask,
        target,
        predicate,
        a,
        context.scratchWord(),
        mode,
        context.word(b, TYPE),
        context.word(c, TYPE));
  }

  /** What both forms share. The scratch slot holds the values while the target may be a source. */
  private abstract static class Shuffle extends MaskedStep {
    final Mode mode;
    final int target;
    final int predicate;
    final int a;
    final int scratch;

    Shuffle(Mask mask, int target, int predicate, int a, int scratch, Mode mode) {
      super(mask);
      this.mode = mode;
      this.target = target;
      this.predicate = predicate;
      this.a = a;
      this.scratch = scratch;
    }

    /** The lane whose value a lane gets: 32 or more if it is out of range. */
    abstract int source(Warp warp, int lane);

    /** Lanes at several places exchange values: the manual asks for equal qualifiers and masks. */
    @Override
    public final boolean meets(WarpSyncStep other) {
      return other instanceof Shuffle shuffle && shuffle.mode == mode;
    }

    @Override
    public final void runTogether(Warp warp, WarpSyncStep[] steps) {
      int[] values = new int[Warp.LANES];
      int[] results = new int[Warp.LANES];
      for (int lane = 0; lane < Warp.LANES; lane++) {
        if (steps[lane] instanceof Shuffle shuffle) {
          values[lane] = warp.words[shuffle.a + lane];
        }
      }
      int inRange = 0;
      int absent = 0;
      int active = warp.active;
      for (int lane = 0; lane < Warp.LANES; lane++) {
        if (steps[lane] instanceof Shuffle shuffle) {
          int from = shuffle.source(warp, lane);
          boolean there = (active >>> (from & 31) & 1) != 0;
          inRange |= from < 32 ? 1 << lane : 0;
          absent |= from < 32 && !there ? 1 << lane : 0;
          results[lane] = values[there ? from & 31 : lane];
        }
      }
      for (int rest = active; rest != 0; rest &= ~warp.active) {
        WarpSyncStep first = steps[Integer.numberOfTrailingZeros(rest)];
        warp.active = 0;
        for (int lane = 0; lane < Warp.LANES; lane++) {
          warp.active |= steps[lane] == first ? 1 << lane : 0;
        }
        ((Shuffle) first).take(warp, results, inRange, absent & warp.active);
      }
      warp.active = active;
    }

    private void take(Warp warp, int[] results, int inRange, int absent) {
      System.arraycopy(results, 0, warp.words, scratch, Warp.LANES);
      finish(warp, inRange, absent);
    }

    final void finish(Warp warp, int inRange, int absent) {
      if (absent != 0 && warp.monitor != null) {
        warp.monitor.shufflesFromAbsent(warp, this, absent);
      }
      int[] words = warp.words;
      int active = warp.active;
      if (active == Warp.FULL) {
        System.arraycopy(words, scratch, words, target, Warp.LANES);
      } else {
        for (int lanes = active; lanes != 0; lanes &= lanes - 1) {
          int lane = Integer.numberOfTrailingZeros(lanes);
          words[target + lane] = words[scratch + lane];
        }
      }
      if (predicate >= 0) {
        PredicateStep.set(warp, predicate, inRange);
      }
    }
  }

  /** Offset and clamp are literals, so the sources are known. */
  private static final class Fixed extends Shuffle {
    private final int[] sources = new int[Warp.LANES];
    private final int inRange;

    Fixed(Mask mask, int target, int predicate, int a, int scratch, Mode mode, int[] sources) {
      super(mask, target, predicate, a, scratch, mode);
      int lanes = 0;
      for (int lane = 0; lane < Warp.LANES; lane++) {
        this.sources[lane] = sources[lane] & 31;
        lanes |= sources[lane] < 32 ? 1 << lane : 0;
      }
      this.inRange = lanes;
    }

    @Override
    int source(Warp warp, int lane) {
      return (inRange >>> lane & 1) != 0 ? sources[lane] : lane + 32;
    }

    /** The active lanes whose source is in range, but not active. */
    private int absent(int active) {
      int absent = 0;
      for (int lanes = active & inRange; lanes != 0; lanes &= lanes - 1) {
        int lane = Integer.numberOfTrailingZeros(lanes);
        absent |= (active >>> sources[lane] & 1) == 0 ? 1 << lane : 0;
      }
      return absent;
    }

    @Override
    public void run(Warp warp) {
      int[] words = warp.words;
      int active = warp.active;
      for (int lane = 0; lane < Warp.LANES; lane++) {
        int from = sources[lane];
        // All lanes are read, inactive ones too: cheaper than a branch.
        words[scratch + lane] = words[a + ((active >>> from & 1) != 0 ? from : lane)];
      }
      finish(warp, inRange, active == Warp.FULL ? 0 : absent(active));
    }
  }

  private static final class Variable extends Shuffle {
    private final int b;
    private final int c;

    Variable(Mask mask, int target, int predicate, int a, int scratch, Mode mode, int b, int c) {
      super(mask, target, predicate, a, scratch, mode);
      this.b = b;
      this.c = c;
    }

    @Override
    int source(Warp warp, int lane) {
      return mode.source(lane, warp.words[b + lane], warp.words[c + lane]);
    }

    @Override
    public void run(Warp warp) {
      int[] words = warp.words;
      int active = warp.active;
      int inRange = 0;
      int missing = 0;
      for (int lane = 0; lane < Warp.LANES; lane++) {
        int source = mode.source(lane, words[b + lane], words[c + lane]);
        int from = source & 31;
        inRange |= source < 32 ? 1 << lane : 0;
        missing |= (active >>> from & 1) == 0 ? 1 << lane : 0;
        words[scratch + lane] = words[a + ((active >>> from & 1) != 0 ? from : lane)];
      }
      finish(warp, inRange, missing & inRange & active);
    }
  }
}
