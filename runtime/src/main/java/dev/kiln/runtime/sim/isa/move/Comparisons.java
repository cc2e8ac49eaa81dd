package dev.kiln.runtime.sim.isa.move;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.CompareOp;
import dev.kiln.runtime.sim.isa.Comparison;
import dev.kiln.runtime.sim.isa.InstructionSet;
import dev.kiln.runtime.sim.isa.lane.BoolOp;
import dev.kiln.runtime.sim.isa.lane.LaneTarget;
import dev.kiln.runtime.sim.isa.lane.PredicateStep;
import dev.kiln.runtime.sim.isa.lane.Types;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.program.DecodeContext.Predicate;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToIntFunction;

/**
 * {@code setp} and {@code set}: a comparison, combined with a predicate, as a predicate and its
 * complement, or as a number.
 */
public final class Comparisons {
  private static final Set<PtxType> COMPARED =
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
          PtxType.F16,
          PtxType.F16X2,
          PtxType.BF16,
          PtxType.BF16X2,
          PtxType.F32,
          PtxType.F64);
  private static final Set<PtxType> RESULTS =
      EnumSet.of(
          PtxType.U16,
          PtxType.S16,
          PtxType.U32,
          PtxType.S32,
          PtxType.F32,
          PtxType.F16,
          PtxType.BF16,
          PtxType.F16X2,
          PtxType.BF16X2);

  private final Comparison.Family floats;

  private Comparisons(Comparison.Family floats) {
    this.floats = floats;
  }

  /**
   * Adds both instructions.
   *
   * @param floats comparisons of floating-point types
   */
  public static void register(InstructionSet set, Comparison.Family floats) {
    Comparisons comparisons = new Comparisons(floats);
    set.add("setp", comparisons::setp);
    set.add("set", comparisons::set);
  }

  private Step setp(DecodeContext context) {
    CompareOp op = takeOp(context);
    Optional<BoolOp> boolOp = BoolOp.take(context.modifiers());
    boolean ftz = context.modifiers().take("ftz");
    PtxType type = Types.take(context, COMPARED);
    expectOperands(context, boolOp);
    Comparison low = compare(context, op, type, ftz, false);
    if (isPair(type)) {
      Comparison high = compare(context, op, type, ftz, true);
      return pairSetp(
          context, combined(context, boolOp, low, 0), combined(context, boolOp, high, 0));
    }
    if (context.operand(0) instanceof Operand.Pair) {
      return pairSetp(
          context, combined(context, boolOp, low, 0), combined(context, boolOp, low, -1));
    }
    int target = context.predicateTarget(context.operand(0));
    if (boolOp.isEmpty()) {
      return low.setp(target).orElseGet(() -> new PredicateStep(target, low::lanes));
    }
    return new PredicateStep(target, combined(context, boolOp, low, 0));
  }

  /** Of a packed type the second destination, if there is one, gets the high half's result. */
  private static Step pairSetp(
      DecodeContext context, ToIntFunction<Warp> first, ToIntFunction<Warp> second) {
    Operand d = context.operand(0);
    if (!(d instanceof Operand.Pair pair)) {
      return new PredicateStep(context.predicateTarget(d), first);
    }
    int p = context.predicateTarget(pair.first());
    int q = context.predicateTarget(pair.second());
    return new Step() {
      @Override
      public void run(Warp warp) {
        int lanesOfP = first.applyAsInt(warp);
        int lanesOfQ = second.applyAsInt(warp);
        PredicateStep.set(warp, p, lanesOfP);
        PredicateStep.set(warp, q, lanesOfQ);
      }
    };
  }

  private Step set(DecodeContext context) {
    CompareOp op = takeOp(context);
    Optional<BoolOp> boolOp = BoolOp.take(context.modifiers());
    boolean ftz = context.modifiers().take("ftz");
    PtxType result = Types.take(context, RESULTS);
    PtxType type = Types.take(context, COMPARED);
    boolean half = type.isFloat() && type.bits() == 16;
    boolean shortResult = result == PtxType.U16 || result == PtxType.S16;
    if (shortResult && !half || result == PtxType.F32 && half) {
      throw context.malformed("set does not give " + result + " of a comparison of " + type);
    }
    expectOperands(context, boolOp);
    LaneTarget target = LaneTarget.of(context, context.operand(0), result);
    Comparison low = compare(context, op, type, ftz, false);
    ToIntFunction<Warp> lowLanes = combined(context, boolOp, low, 0);
    if (!isPair(type)) {
      if (isPair(result)) {
        throw context.malformed("set to " + result + " compares two halves");
      }
      long truth = truth(result);
      return new NumberStep(target, lowLanes, lowLanes, truth, 0);
    }
    Comparison high = compare(context, op, type, ftz, true);
    ToIntFunction<Warp> highLanes = combined(context, boolOp, high, 0);
    long truth = halfTruth(context, result);
    return new NumberStep(target, lowLanes, highLanes, truth, truth << 16);
  }

  private static CompareOp takeOp(DecodeContext context) {
    // "and", "or" and "xor" name no comparison, and types no operator: the first match is right.
    for (String word : context.instruction().modifiers()) {
      Optional<CompareOp> op = CompareOp.parse(word);
      if (op.isPresent() && context.modifiers().take(word)) {
        return op.get();
      }
    }
    throw context.malformed(context.instruction().opcode() + " without a comparison");
  }

  private static void expectOperands(DecodeContext context, Optional<BoolOp> boolOp) {
    int count = boolOp.isPresent() ? 4 : 3;
    context.expectOperands(count, count);
  }

  private Comparison compare(
      DecodeContext context, CompareOp op, PtxType type, boolean ftz, boolean high) {
    Operand a = context.operand(1);
    Operand b = context.operand(2);
    return type.isFloat()
        ? floats.decode(context, op, type, ftz, high, a, b)
        : IntegerComparisons.decode(context, op, type, ftz, high, a, b);
  }

  /**
   * The comparison's result combined with the third source.
   *
   * @param flip all ones for the complement of the comparison, else 0
   */
  private static ToIntFunction<Warp> combined(
      DecodeContext context, Optional<BoolOp> boolOp, Comparison comparison, int flip) {
    if (boolOp.isEmpty()) {
      return warp -> comparison.lanes(warp) ^ flip;
    }
    BoolOp op = boolOp.get();
    Predicate other = context.predicate(context.operand(3));
    return warp -> op.apply(comparison.lanes(warp) ^ flip, other.lanes(warp));
  }

  private static boolean isPair(PtxType type) {
    return type == PtxType.F16X2 || type == PtxType.BF16X2;
  }

  private static long truth(PtxType result) {
    return switch (result) {
      case F32 -> Float.floatToRawIntBits(1);
      case F16 -> 0x3c00;
      case BF16 -> 0x3f80;
      default -> -1;
    };
  }

  /** What stands for true in each half of the result. */
  private static long halfTruth(DecodeContext context, PtxType result) {
    return switch (result) {
      case F16X2 -> 0x3c00;
      case BF16X2 -> 0x3f80;
      case U32, S32 -> 0xffff;
      default -> throw context.malformed("a comparison of two halves does not give " + result);
    };
  }

  /** Writes numbers for true and 0 for false; for packed types in two halves. */
  private static final class NumberStep extends Step {
    private final LaneTarget target;
    private final ToIntFunction<Warp> first;
    private final ToIntFunction<Warp> second;
    private final long ofFirst;
    private final long ofSecond;

    NumberStep(
        LaneTarget target,
        ToIntFunction<Warp> first,
        ToIntFunction<Warp> second,
        long ofFirst,
        long ofSecond) {
      this.target = target;
      this.first = first;
      this.second = second;
      this.ofFirst = ofFirst;
      this.ofSecond = ofSecond;
    }

    @Override
    public void run(Warp warp) {
      int low = first.applyAsInt(warp);
      int high = ofSecond == 0 ? 0 : second.applyAsInt(warp);
      for (int lanes = warp.active; lanes != 0; lanes &= lanes - 1) {
        int lane = Integer.numberOfTrailingZeros(lanes);
        long value = -(low >>> lane & 1L) & ofFirst | -(high >>> lane & 1L) & ofSecond;
        target.set(warp, lane, value);
      }
    }
  }
}
