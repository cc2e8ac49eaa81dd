package dev.kiln.runtime.sim.isa.floating;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.floating.LaneSteps.Word1;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.function.LongPredicate;

/**
 * Decodes {@code abs}, {@code neg}, {@code copysign} and {@code testp}, which look at bits alone. A
 * NaN keeps its payload, which the manual leaves open.
 */
final class FloatSigns {
  private FloatSigns() {}

  static Step abs(DecodeContext context) {
    return signs(context, Long.MAX_VALUE, 0);
  }

  static Step neg(DecodeContext context) {
    return signs(context, -1, Long.MIN_VALUE);
  }

  /** Keeps and flips the sign as the uppermost bits of the masks say. */
  private static Step signs(DecodeContext context, long keep, long flip) {
    PtxType type = FloatTypes.take(context);
    context.expectOperands(2, 2);
    if (type == PtxType.F32X2) {
      throw context.unsupported(context.instruction().opcode() + " of type " + type);
    }
    if (type == PtxType.F64) {
      int target = context.wideTarget(context.operand(0), type);
      int a = context.wide(context.operand(1), type);
      return LaneSteps.wide(target, a, bits -> bits & keep ^ flip);
    }
    int target = context.wordTarget(context.operand(0), type);
    int a = context.word(context.operand(1), type);
    FloatCode code = type == PtxType.F32 ? FloatCode.F32 : FloatTypes.half(type);
    boolean flush = code != FloatCode.BF16 && context.modifiers().take("ftz");
    int sign = 1 << (code.bits() - 1);
    int kept = keep < 0 ? -1 : ~sign;
    int flipped = flip < 0 ? sign : 0;
    if (!flush) {
      boolean packed = FloatTypes.isPacked(type);
      return new SignStep(
          target,
          a,
          packed ? kept & (kept << 16 | 0xffff) : kept,
          packed ? flipped * 0x1_0001 : flipped);
    }
    Word1 function = bits -> code.flush(bits) & kept ^ flipped;
    return LaneSteps.word(
        target, a, FloatTypes.isPacked(type) ? LaneSteps.packed(function) : function);
  }

  /** {@code word & keep ^ flip}. */
  private static final class SignStep extends Step {
    private final int target;
    private final int a;
    private final int keep;
    private final int flip;

    SignStep(int target, int a, int keep, int flip) {
      this.target = target;
      this.a = a;
      this.keep = keep;
      this.flip = flip;
    }

    @Override
    public void run(Warp warp) {
      int[] words = warp.words;
      if (warp.active == Warp.FULL) {
        for (int lane = 0; lane < Warp.LANES; lane++) {
          words[target + lane] = words[a + lane] & keep ^ flip;
        }
        return;
      }
      for (int left = warp.active; left != 0; left &= left - 1) {
        int lane = Integer.numberOfTrailingZeros(left);
        words[target + lane] = words[a + lane] & keep ^ flip;
      }
    }
  }

  static Step copysign(DecodeContext context) {
    PtxType type = FloatTypes.take(context);
    context.expectOperands(3, 3);
    if (type == PtxType.F64) {
      return LaneSteps.wide(
          context.wideTarget(context.operand(0), type),
          context.wide(context.operand(1), type),
          context.wide(context.operand(2), type),
          (a, b) -> b & Long.MAX_VALUE | a & Long.MIN_VALUE);
    }
    expectF32(context, type);
    return LaneSteps.word(
        context.wordTarget(context.operand(0), type),
        context.word(context.operand(1), type),
        context.word(context.operand(2), type),
        (a, b) -> b & Integer.MAX_VALUE | a & Integer.MIN_VALUE);
  }

  static Step testp(DecodeContext context) {
    String property =
        context
            .modifiers()
            .takeAny("finite", "infinite", "number", "notanumber", "normal", "subnormal")
            .orElseThrow(() -> context.malformed("testp lacks a property"));
    PtxType type = FloatTypes.take(context);
    context.expectOperands(2, 2);
    int target = context.predicateTarget(context.operand(0));
    if (type == PtxType.F64) {
      LongPredicate test = property(property, 0x7ff0_0000_0000_0000L, 1L << 52);
      return new Test(target, context.wide(context.operand(1), type), true, test);
    }
    expectF32(context, type);
    LongPredicate test = property(property, 0x7f80_0000L, 1L << 23);
    return new Test(target, context.word(context.operand(1), type), false, test);
  }

  /** A property of a magnitude; zeros count as normal. */
  private static LongPredicate property(String name, long infinity, long smallestNormal) {
    return switch (name) {
      case "finite" -> bits -> bits < infinity;
      case "infinite" -> bits -> bits == infinity;
      case "number" -> bits -> bits <= infinity;
      case "notanumber" -> bits -> bits > infinity;
      case "normal" -> bits -> bits == 0 || (bits >= smallestNormal && bits < infinity);
      default -> bits -> bits != 0 && bits < smallestNormal;
    };
  }

  private static final class Test extends Step {
    private final int target;
    private final int a;
    private final boolean wide;
    private final LongPredicate property;

    Test(int target, int a, boolean wide, LongPredicate property) {
      this.target = target;
      this.a = a;
      this.wide = wide;
      this.property = property;
    }

    @Override
    public void run(Warp warp) {
      int lanes = 0;
      for (int lane = 0; lane < Warp.LANES; lane++) {
        long magnitude =
            wide ? warp.wides[a + lane] & Long.MAX_VALUE : warp.words[a + lane] & 0x7fff_ffffL;
        lanes |= (property.test(magnitude) ? 1 : 0) << lane;
      }
      warp.predicates[target] = warp.predicates[target] & ~warp.active | lanes & warp.active;
    }
  }

  private static void expectF32(DecodeContext context, PtxType type) {
    if (type != PtxType.F32) {
      throw context.unsupported(context.instruction().opcode() + " of type " + type);
    }
  }
}
