package dev.kiln.runtime.sim.isa.integer;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.lane.LaneSource;
import dev.kiln.runtime.sim.isa.lane.LaneStep;
import dev.kiln.runtime.sim.isa.lane.LaneTarget;
import dev.kiln.runtime.sim.isa.lane.Types;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.LongBinaryOperator;

/**
 * Video instructions on two halves or four bytes: section 9.7.17.2. Selectors choose among the
 * parts of a (the lower numbers) and b; a mask says which parts are written, the others come from
 * c. With {@code .add} the chosen results are added to c.
 */
final class PackedVideo {
  private static final Set<PtxType> TYPES = EnumSet.of(PtxType.U32, PtxType.S32);

  private PackedVideo() {}

  static Step decode(DecodeContext context, VideoOperation operation, int count) {
    char letter = count == 2 ? 'h' : 'b';
    boolean saturate = context.modifiers().take("sat");
    LongBinaryOperator f = operation.take(context);
    boolean set = operation == VideoOperation.SET;
    boolean signed = !set && Types.take(context, TYPES).isSigned();
    boolean signedA = Types.take(context, TYPES).isSigned();
    boolean signedB = Types.take(context, TYPES).isSigned();
    boolean adds = context.modifiers().take("add");
    context.expectOperands(4, 4);
    Operand d = context.operand(0);
    Operand a = context.operand(1);
    Operand b = context.operand(2);
    String all = "3210".substring(4 - count);
    int[] written = Selector.digits(context, d, letter, all, count);
    int[] fromA = Selector.digits(context, a, letter, all, 2 * count);
    int[] fromB = Selector.digits(context, b, letter, count == 2 ? "32" : "7654", 2 * count);
    if (fromA.length != count || fromB.length != count) {
      throw context.malformed("a selector of " + count + " parts is needed");
    }
    LaneTarget target = LaneTarget.of(context, Selector.register(d), PtxType.U32);
    LaneSource first = LaneSource.of(context, Selector.register(a), PtxType.U32);
    LaneSource second = LaneSource.of(context, Selector.register(b), PtxType.U32);
    LaneSource third = LaneSource.of(context, context.operand(3), PtxType.U32);
    int width = 32 / count;
    return new LaneStep() {
      @Override
      protected void runLane(Warp warp, int lane) {
        long both = second.at(warp, lane) << 32 | first.at(warp, lane);
        long c = third.at(warp, lane);
        long result = c;
        for (int part : written) {
          long x = field(both, fromA[part] * width, width, signedA);
          long y = field(both, fromB[part] * width, width, signedB);
          long value = f.applyAsLong(x, y);
          if (saturate) {
            value = Saturation.to(width, signed, value);
          }
          result =
              adds
                  ? result + field(value, 0, width, signed)
                  : new Selector.Part(part * width, width).insert(value, result);
        }
        target.set(warp, lane, result);
      }
    };
  }

  private static long field(long bits, int from, int width, boolean signed) {
    long top = bits << 64 - width - from;
    return signed ? top >> 64 - width : top >>> 64 - width;
  }
}
