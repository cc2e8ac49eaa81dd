package dev.kiln.runtime.sim.isa.warp;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.Decoder;
import dev.kiln.runtime.sim.isa.lane.Types;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.function.IntBinaryOperator;

/** {@code redux.sync}: one value of all lanes' values. */
public final class Reductions {
  private static final Set<PtxType> NUMBERS = EnumSet.of(PtxType.U32, PtxType.S32);
  private static final Set<PtxType> ORDERED = EnumSet.of(PtxType.U32, PtxType.S32, PtxType.F32);

  private static final int CANONICAL_NAN = 0x7fff_ffff;

  private Reductions() {}

  public static Map<String, Decoder> decoders() {
    return Map.of("redux", Reductions::redux);
  }

  private static Step redux(DecodeContext context) {
    MaskedStep.takeSync(context);
    String word =
        context
            .modifiers()
            .takeAny("add", "min", "max", "and", "or", "xor")
            .orElseThrow(() -> context.malformed("redux without an operation"));
    boolean abs = context.modifiers().take("abs");
    boolean nan = context.modifiers().take("NaN");
    Set<PtxType> types =
        switch (word) {
          case "add" -> NUMBERS;
          case "min", "max" -> ORDERED;
          default -> EnumSet.of(PtxType.B32);
        };
    PtxType type = Types.take(context, types);
    if ((abs || nan) && type != PtxType.F32) {
      throw context.malformed(".abs and .NaN are for .f32 only");
    }
    IntBinaryOperator combine = combine(word, type, nan);
    context.expectOperands(3, 3);
    int target = context.wordTarget(context.operand(0), type);
    int source = context.word(context.operand(1), type);
    int clear = abs ? Integer.MIN_VALUE : 0;
    boolean isFloat = type == PtxType.F32;
    return new MaskedStep(MaskedStep.Mask.of(context, 2)) {
      @Override
      public void run(Warp warp) {
        int lanes = warp.active;
        int result = warp.words[source + Integer.numberOfTrailingZeros(lanes)] & ~clear;
        for (lanes &= lanes - 1; lanes != 0; lanes &= lanes - 1) {
          int value = warp.words[source + Integer.numberOfTrailingZeros(lanes)] & ~clear;
          result = combine.applyAsInt(result, value);
        }
        Votes.store(warp, target, isFloat && isNan(result) ? CANONICAL_NAN : result);
      }
    };
  }

  private static IntBinaryOperator combine(String word, PtxType type, boolean nan) {
    return switch (word) {
      case "add" -> Integer::sum;
      case "and" -> (a, b) -> a & b;
      case "or" -> (a, b) -> a | b;
      case "xor" -> (a, b) -> a ^ b;
      default -> {
        boolean max = word.equals("max");
        yield switch (type) {
          case F32 -> (a, b) -> extremum(a, b, max, nan);
          case S32 -> max ? Math::max : Math::min;
          default -> (a, b) -> Integer.compareUnsigned(a, b) < 0 == max ? b : a;
        };
      }
    };
  }

  /** Of floats' bits; NaN wins if {@code nan}, else it loses. -0 is below +0. */
  private static int extremum(int a, int b, boolean max, boolean nan) {
    if (isNan(a)) {
      return nan ? a : b;
    }
    if (isNan(b)) {
      return nan ? b : a;
    }
    float x = Float.intBitsToFloat(a);
    float y = Float.intBitsToFloat(b);
    return Float.floatToRawIntBits(max ? Math.max(x, y) : Math.min(x, y));
  }

  private static boolean isNan(int bits) {
    return (bits & 0x7fff_ffff) > 0x7f80_0000;
  }
}
