package dev.kiln.runtime.sim.isa.convert;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.floating.Arithmetic32;
import dev.kiln.runtime.sim.isa.floating.FloatCode;
import dev.kiln.runtime.sim.isa.floating.Rounding;
import dev.kiln.runtime.sim.program.DecodeContext.Slot;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.Optional;

/**
 * Conversions that programs use often, as straight loops over all lanes; where some are inactive,
 * the general form runs.
 */
final class FastConversions {
  private FastConversions() {}

  /** What a loop does to the register file, all lanes active. */
  @FunctionalInterface
  private interface Loop {
    void run(int[] words, long[] wides);
  }

  private static final class FullWarp extends Step {
    private final Loop loop;
    private final Step general;

    FullWarp(Loop loop, Step general) {
      this.loop = loop;
      this.general = general;
    }

    @Override
    public void run(Warp warp) {
      if (warp.active == Warp.FULL) {
        loop.run(warp.words, warp.wides);
      } else {
        general.run(warp);
      }
    }
  }

  /** The conversion in a fast form, or the general one. */
  static Step of(ScalarConversion conversion, Slot target, Slot source, Step general) {
    return loop(conversion, target, source)
        .map(loop -> (Step) new FullWarp(loop, general))
        .orElse(general);
  }

  private static Optional<Loop> loop(ScalarConversion conversion, Slot target, Slot source) {
    PtxType to = conversion.to();
    PtxType from = conversion.from();
    boolean plain =
        !conversion.flush()
            && !conversion.saturate()
            && !conversion.finite()
            && !conversion.positive();
    int t = target.index();
    int s = source.index();
    if (!to.isFloat() && !from.isFloat()) {
      return plain ? integers(to, from, target, source) : Optional.empty();
    }
    boolean exactWidths = target.type().bits() == to.bits() && source.type().bits() == from.bits();
    if (!exactWidths) {
      return Optional.empty();
    }
    if (to == PtxType.F32 && from == PtxType.F32 && conversion.integral().isEmpty()) {
      return conversion.saturate() && !conversion.flush()
          ? Optional.of((words, wides) -> saturate(words, t, s))
          : Optional.empty();
    }
    if (!plain || conversion.rounding() != Rounding.NEAREST) {
      return Optional.empty();
    }
    if (conversion.integral().isPresent()) {
      boolean cut = conversion.integral().get() == Rounding.ZERO;
      return cut && from == PtxType.F32 && to == PtxType.S32
          ? Optional.of((words, wides) -> toSigned(words, t, s))
          : Optional.empty();
    }
    return Optional.ofNullable(floats(to, from, t, s));
  }

  private static Loop floats(PtxType to, PtxType from, int t, int s) {
    if (to == PtxType.F32) {
      return switch (from) {
        case S32 -> (words, wides) -> fromSigned(words, t, s);
        case U32 -> (words, wides) -> fromUnsigned(words, t, s);
        case F16 -> (words, wides) -> fromHalf(words, t, s);
        case BF16 -> (words, wides) -> fromBfloat(words, t, s);
        default -> null;
      };
    }
    if (from == PtxType.F32) {
      return switch (to) {
        case F16 -> (words, wides) -> toHalf(words, t, s);
        case BF16 -> (words, wides) -> toBfloat(words, t, s);
        default -> null;
      };
    }
    return to == PtxType.F64 && from == PtxType.S32
        ? (words, wides) -> toDouble(words, wides, t, s)
        : null;
  }

  private static Optional<Loop> integers(PtxType to, PtxType from, Slot target, Slot source) {
    int t = target.index();
    int s = source.index();
    boolean signed = from.isSigned();
    if (source.bits() == 64) {
      // Only the low bits count, which the target's type extends.
      boolean whole = to.bits() == 32 && from.bits() == 64 && target.type().bits() == 32;
      return whole ? Optional.of((words, wides) -> cut(words, wides, t, s)) : Optional.empty();
    }
    if (from.bits() == 32 && target.bits() == 64 && to.bits() == 64) {
      return Optional.of(
          signed
              ? (words, wides) -> extendSigned(words, wides, t, s)
              : (words, wides) -> extendUnsigned(words, wides, t, s));
    }
    boolean wordToWord = target.bits() == 32 && target.type().bits() == to.bits();
    if (!wordToWord) {
      return Optional.empty();
    }
    // Without a sign that is to be spread, a mask does all.
    boolean spreads = signed && to.bits() > from.bits();
    int kept = Math.min(to.bits(), from.bits());
    int mask = kept == 32 ? -1 : (1 << kept) - 1;
    return spreads ? Optional.empty() : Optional.of((words, wides) -> mask(words, t, s, mask));
  }

  private static void mask(int[] words, int t, int s, int mask) {
    for (int lane = 0; lane < Warp.LANES; lane++) {
      words[t + lane] = words[s + lane] & mask;
    }
  }

  private static void cut(int[] words, long[] wides, int t, int s) {
    for (int lane = 0; lane < Warp.LANES; lane++) {
      words[t + lane] = (int) wides[s + lane];
    }
  }

  private static void extendSigned(int[] words, long[] wides, int t, int s) {
    for (int lane = 0; lane < Warp.LANES; lane++) {
      wides[t + lane] = words[s + lane];
    }
  }

  private static void extendUnsigned(int[] words, long[] wides, int t, int s) {
    for (int lane = 0; lane < Warp.LANES; lane++) {
      wides[t + lane] = words[s + lane] & 0xffff_ffffL;
    }
  }

  private static void saturate(int[] words, int t, int s) {
    int one = 0x3f80_0000;
    for (int lane = 0; lane < Warp.LANES; lane++) {
      int bits = words[s + lane];
      // As integers, negative numbers are negative, and NaN is above infinity.
      words[t + lane] = bits > 0x7f80_0000 ? 0 : Math.max(0, Math.min(bits, one));
    }
  }

  private static void toSigned(int[] words, int t, int s) {
    for (int lane = 0; lane < Warp.LANES; lane++) {
      words[t + lane] = (int) Float.intBitsToFloat(words[s + lane]);
    }
  }

  private static void fromSigned(int[] words, int t, int s) {
    for (int lane = 0; lane < Warp.LANES; lane++) {
      words[t + lane] = Float.floatToRawIntBits((float) words[s + lane]);
    }
  }

  private static void fromUnsigned(int[] words, int t, int s) {
    for (int lane = 0; lane < Warp.LANES; lane++) {
      words[t + lane] = Float.floatToRawIntBits((float) (words[s + lane] & 0xffff_ffffL));
    }
  }

  private static void toDouble(int[] words, long[] wides, int t, int s) {
    for (int lane = 0; lane < Warp.LANES; lane++) {
      wides[t + lane] = Double.doubleToRawLongBits(words[s + lane]);
    }
  }

  private static void fromHalf(int[] words, int t, int s) {
    for (int lane = 0; lane < Warp.LANES; lane++) {
      int half = words[s + lane];
      int bits = Float.floatToRawIntBits(Float.float16ToFloat((short) half));
      words[t + lane] = (half & 0x7fff) > 0x7c00 ? Arithmetic32.NAN : bits;
    }
  }

  private static void fromBfloat(int[] words, int t, int s) {
    for (int lane = 0; lane < Warp.LANES; lane++) {
      words[t + lane] = words[s + lane] << 16;
    }
  }

  private static void toHalf(int[] words, int t, int s) {
    for (int lane = 0; lane < Warp.LANES; lane++) {
      words[t + lane] = half(words[s + lane]);
    }
  }

  private static void toBfloat(int[] words, int t, int s) {
    for (int lane = 0; lane < Warp.LANES; lane++) {
      words[t + lane] = bfloat(words[s + lane]);
    }
  }

  private static int half(int bits) {
    boolean nan = (bits & 0x7fff_ffff) > 0x7f80_0000;
    int half = Float.floatToFloat16(Float.intBitsToFloat(bits)) & 0xffff;
    return nan ? FloatCode.F16.nan() : half;
  }

  private static int bfloat(int bits) {
    boolean nan = (bits & 0x7fff_ffff) > 0x7f80_0000;
    // Adds just under a half, and one more where the last bit that stays is odd.
    int rounded = (bits + 0x7fff + (bits >>> 16 & 1)) >>> 16;
    return nan ? FloatCode.BF16.nan() : rounded;
  }

  /** {@code cvt.rn.f16x2.f32} or {@code cvt.rn.bf16x2.f32} without clamps. */
  static Step pairs(PtxType to, int target, int upper, int lower, Step general) {
    return new FullWarp(
        to == PtxType.F16X2
            ? (words, wides) -> halves(words, target, upper, lower)
            : (words, wides) -> bfloats(words, target, upper, lower),
        general);
  }

  private static void halves(int[] words, int target, int upper, int lower) {
    for (int lane = 0; lane < Warp.LANES; lane++) {
      words[target + lane] = half(words[upper + lane]) << 16 | half(words[lower + lane]);
    }
  }

  private static void bfloats(int[] words, int target, int upper, int lower) {
    for (int lane = 0; lane < Warp.LANES; lane++) {
      words[target + lane] = bfloat(words[upper + lane]) << 16 | bfloat(words[lower + lane]);
    }
  }
}
