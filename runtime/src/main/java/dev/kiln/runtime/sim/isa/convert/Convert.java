package dev.kiln.runtime.sim.isa.convert;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.floating.Rounding;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.program.DecodeContext.Slot;
import dev.kiln.runtime.sim.program.Modifiers;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.List;
import java.util.Optional;
import java.util.function.IntUnaryOperator;

/** Decodes {@code cvt}. */
public final class Convert {
  private Convert() {}

  /** As {@link dev.kiln.runtime.sim.isa.Decoder}. */
  public static Step decode(DecodeContext context) {
    Modifiers modifiers = context.modifiers();
    if (modifiers.take("pack")) {
      return PackIntegers.decode(context);
    }
    if (modifiers.has("rs")) {
      throw context.unsupported("stochastic rounding is not simulated");
    }
    Optional<Rounding> integral = Rounding.takeIntegral(modifiers);
    Optional<Rounding> rounding =
        modifiers.take("rna") ? Optional.of(Rounding.AWAY) : Rounding.take(modifiers);
    boolean flush = modifiers.take("ftz");
    boolean saturate = modifiers.take("sat");
    boolean finite = modifiers.take("satfinite");
    boolean positive = modifiers.take("relu");
    PtxType to = takeType(context);
    PtxType from = takeType(context);
    if (PackedConversion.code(to) != null || to == PtxType.UE8M0X2) {
      if (integral.isPresent() || rounding.isEmpty() || saturate || flush) {
        throw context.malformed("modifiers do not fit to a conversion to " + to);
      }
      IntUnaryOperator element =
          PackedConversion.element(context, to, from, rounding.get(), finite, positive);
      return packed(context, to, from, element);
    }
    Rounding chosen = checked(context, to, from, rounding, integral);
    checkClamps(context, to, from, saturate, finite, positive);
    if (flush && to != PtxType.F32 && from != PtxType.F32) {
      throw context.malformed(".ftz applies to .f32 only");
    }
    return scalar(
        context,
        new ScalarConversion(to, from, chosen, integral, flush, saturate, finite, positive));
  }

  private static PtxType takeType(DecodeContext context) {
    return context
        .modifiers()
        .takeType()
        .orElseThrow(
            () -> context.unsupported(context.instruction().mnemonic() + " names no two types"));
  }

  /** The rounding of a result; fails if it is missing or out of place. */
  private static Rounding checked(
      DecodeContext context,
      PtxType to,
      PtxType from,
      Optional<Rounding> rounding,
      Optional<Rounding> integral) {
    for (PtxType type : new PtxType[] {to, from}) {
      boolean known =
          type.isSigned() || type.isUnsigned()
              ? type.bits() >= 8 && type != PtxType.U16X2 && type != PtxType.S16X2
              : type == PtxType.F64 || ScalarConversion.code(type) != null;
      if (!known || from == PtxType.TF32) {
        throw context.unsupported("cvt" + to + from);
      }
    }
    boolean toFloat = to.isFloat();
    boolean fromFloat = from.isFloat();
    boolean needsIntegral = !toFloat && fromFloat;
    if (integral.isPresent() ? !fromFloat || (toFloat && to != from) : needsIntegral) {
      throw context.malformed("cvt" + to + from + " and a rounding to integers");
    }
    boolean exact = toFloat && fromFloat && holds(to, from);
    boolean needsRounding = toFloat && !exact;
    if (rounding.isEmpty() ? needsRounding : !toFloat || to == from) {
      throw context.malformed("cvt" + to + from + " and a rounding");
    }
    if (rounding.filter(r -> r == Rounding.AWAY).isPresent() && to != PtxType.TF32) {
      throw context.malformed(".rna is for .tf32");
    }
    if (to == PtxType.TF32 && from != PtxType.F32) {
      throw context.malformed("cvt" + to + from);
    }
    return rounding.orElse(Rounding.NEAREST);
  }

  /** Whether a float type holds all numbers of another. */
  private static boolean holds(PtxType to, PtxType from) {
    return to == from
        || to == PtxType.F64
        || (to == PtxType.F32 && (from == PtxType.F16 || from == PtxType.BF16));
  }

  private static void checkClamps(
      DecodeContext context,
      PtxType to,
      PtxType from,
      boolean saturate,
      boolean finite,
      boolean positive) {
    boolean narrow = to == PtxType.F16 || to == PtxType.BF16 || to == PtxType.TF32;
    if ((finite || positive) && !(narrow && from == PtxType.F32)) {
      throw context.malformed(".satfinite and .relu do not apply to cvt" + to + from);
    }
    if (saturate && (to == PtxType.BF16 || to == PtxType.TF32 || finite || positive)) {
      throw context.malformed(".sat does not apply to cvt" + to + from);
    }
  }

  private static Step scalar(DecodeContext context, ScalarConversion conversion) {
    context.expectOperands(2, 2);
    Slot target = target(context, conversion.to());
    Slot source = source(context, 1, conversion.from());
    return FastConversions.of(
        conversion, target, source, new LaneConversion(target, source, conversion));
  }

  static Slot target(DecodeContext context, PtxType type) {
    return fitting(context, context.target(context.operand(0), type), type);
  }

  static Slot source(DecodeContext context, int operand, PtxType type) {
    return fitting(context, context.slot(context.operand(operand), type), type);
  }

  /** A register may be wider than the type. */
  private static Slot fitting(DecodeContext context, Slot slot, PtxType type) {
    boolean number = slot.bits() == 32 || slot.bits() == 64;
    if (!number || slot.type().bits() < type.bits()) {
      throw context.malformed("a register of type " + slot.type() + " cannot hold " + type);
    }
    return slot;
  }

  private static Step packed(
      DecodeContext context, PtxType to, PtxType from, IntUnaryOperator element) {
    int target = context.wordTarget(context.operand(0), to);
    int shift = PackedConversion.shift(to);
    if (from == PtxType.F32) {
      context.expectOperands(3, 3);
      int upper = context.word(context.operand(1), from);
      int lower = context.word(context.operand(2), from);
      Step general = new PairConversion(target, upper, lower, 0, shift, element);
      return isPlain(context, to)
          ? FastConversions.pairs(to, target, upper, lower, general)
          : general;
    }
    context.expectOperands(2, 2);
    int source = context.word(context.operand(1), from);
    return new PairConversion(target, source, source, PackedConversion.shift(from), shift, element);
  }

  private static boolean isPlain(DecodeContext context, PtxType to) {
    List<String> words = context.instruction().modifiers();
    return (to == PtxType.F16X2 || to == PtxType.BF16X2)
        && words.contains("rn")
        && !words.contains("relu")
        && !words.contains("satfinite");
  }

  /** One number in each lane. */
  private static final class LaneConversion extends Step {
    private final Slot target;
    private final Slot source;
    private final ScalarConversion conversion;
    private final long mask;

    LaneConversion(Slot target, Slot source, ScalarConversion conversion) {
      this.target = target;
      this.source = source;
      this.conversion = conversion;
      this.mask = -1L >>> (64 - target.type().bits());
    }

    @Override
    public void run(Warp warp) {
      int from = source.index();
      int to = target.index();
      for (int left = warp.active; left != 0; left &= left - 1) {
        int lane = Integer.numberOfTrailingZeros(left);
        long register = source.bits() == 64 ? warp.wides[from + lane] : warp.words[from + lane];
        long result = conversion.of(register) & mask;
        if (target.bits() == 64) {
          warp.wides[to + lane] = result;
        } else {
          warp.words[to + lane] = (int) result;
        }
      }
    }
  }

  /** Two numbers in each lane; the first is the upper element of the result. */
  private static final class PairConversion extends Step {
    private final int target;
    private final int upper;
    private final int lower;
    private final int upperShift;
    private final int shift;
    private final IntUnaryOperator element;

    PairConversion(
        int target, int upper, int lower, int upperShift, int shift, IntUnaryOperator element) {
      this.target = target;
      this.upper = upper;
      this.lower = lower;
      this.upperShift = upperShift;
      this.shift = shift;
      this.element = element;
    }

    @Override
    public void run(Warp warp) {
      int[] words = warp.words;
      for (int left = warp.active; left != 0; left &= left - 1) {
        int lane = Integer.numberOfTrailingZeros(left);
        int high = element.applyAsInt(words[upper + lane] >>> upperShift);
        int low = element.applyAsInt(words[lower + lane]);
        words[target + lane] = high << shift | low;
      }
    }
  }
}
