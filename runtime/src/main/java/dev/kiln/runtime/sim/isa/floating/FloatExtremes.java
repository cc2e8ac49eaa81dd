package dev.kiln.runtime.sim.isa.floating;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.isa.floating.LaneSteps.Word2;
import dev.kiln.runtime.sim.isa.floating.LaneSteps.Word3;
import dev.kiln.runtime.sim.isa.vector.FloatForms;
import dev.kiln.runtime.sim.isa.vector.VectorForms;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.program.Modifiers;
import dev.kiln.runtime.sim.ptx.PtxType;

/** Decodes {@code min} and {@code max}. */
final class FloatExtremes {
  private FloatExtremes() {}

  static Step decode(DecodeContext context, boolean max) {
    PtxType type = FloatTypes.take(context);
    if (type == PtxType.F32X2) {
      throw context.unsupported(context.instruction().opcode() + " of type " + type);
    }
    context.expectOperands(3, type == PtxType.F32 ? 4 : 3);
    Modifiers modifiers = context.modifiers();
    if (type == PtxType.F64) {
      Extremes extremes = new Extremes(max, FloatCode.F32, false, false, false, false);
      return LaneSteps.wide(
          context.wideTarget(context.operand(0), type),
          context.wide(context.operand(1), type),
          context.wide(context.operand(2), type),
          extremes::ofWide);
    }
    boolean bfloat = FloatTypes.isHalf(type) && FloatTypes.half(type) == FloatCode.BF16;
    Extremes extremes =
        new Extremes(
            max,
            type == PtxType.F32 ? FloatCode.F32 : FloatTypes.half(type),
            !bfloat && modifiers.take("ftz"),
            modifiers.take("NaN"),
            modifiers.take("xorsign"),
            modifiers.take("abs"));
    boolean three = context.operands().size() == 4;
    if (extremes.xorSign() && (three || !extremes.magnitudes())) {
      throw context.malformed(".xorsign needs .abs and two sources");
    }
    if (extremes.magnitudes() && !extremes.xorSign() && !three) {
      throw context.malformed(".abs needs .xorsign or three sources");
    }
    return words(context, type, extremes);
  }

  private static Step words(DecodeContext context, PtxType type, Extremes extremes) {
    int target = context.wordTarget(context.operand(0), type);
    int a = context.word(context.operand(1), type);
    int b = context.word(context.operand(2), type);
    if (context.operands().size() == 4) {
      return LaneSteps.word(
          target, a, b, context.word(context.operand(3), type), (Word3) extremes::of);
    }
    if (type == PtxType.F32 && !extremes.xorSign() && VectorForms.inUse()) {
      return extremes.max()
          ? FloatForms.max(target, a, b, extremes.flush(), extremes.nanWins())
          : FloatForms.min(target, a, b, extremes.flush(), extremes.nanWins());
    }
    Word2 function = extremes::of;
    return LaneSteps.word(
        target, a, b, FloatTypes.isPacked(type) ? LaneSteps.packed(function) : function);
  }
}
