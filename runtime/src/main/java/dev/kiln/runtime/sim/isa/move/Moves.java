package dev.kiln.runtime.sim.isa.move;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.Decoder;
import dev.kiln.runtime.sim.isa.lane.LaneFunctions;
import dev.kiln.runtime.sim.isa.lane.LaneSource;
import dev.kiln.runtime.sim.isa.lane.LaneStep;
import dev.kiln.runtime.sim.isa.lane.LaneTarget;
import dev.kiln.runtime.sim.isa.lane.PredicateStep;
import dev.kiln.runtime.sim.isa.lane.Types;
import dev.kiln.runtime.sim.isa.vector.IntegerWides;
import dev.kiln.runtime.sim.isa.vector.IntegerWords;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.program.DecodeContext.Predicate;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * {@code mov}: copies a register, a literal, a special register, an address; packs a vector's
 * elements into a register, the first lowest, and unpacks it.
 */
public final class Moves {
  private static final Set<PtxType> TYPES =
      EnumSet.of(
          PtxType.PRED,
          PtxType.B16,
          PtxType.B32,
          PtxType.B64,
          PtxType.B128,
          PtxType.U16,
          PtxType.U32,
          PtxType.U64,
          PtxType.S16,
          PtxType.S32,
          PtxType.S64,
          PtxType.F32,
          PtxType.F64);

  private Moves() {}

  public static Map<String, Decoder> decoders() {
    return Map.of("mov", Moves::mov);
  }

  private static Step mov(DecodeContext context) {
    PtxType type = Types.take(context, TYPES);
    context.expectOperands(2, 2);
    Operand to = context.operand(0);
    Operand from = context.operand(1);
    if (type == PtxType.PRED) {
      int target = context.predicateTarget(to);
      Predicate source = context.predicate(from);
      return new PredicateStep(target, source::lanes);
    }
    if (to instanceof Operand.Vector vector) {
      return unpack(context, vector.elements(), from, type);
    }
    if (from instanceof Operand.Vector vector) {
      return pack(context, to, vector.elements(), type);
    }
    if (type == PtxType.B128) {
      return copy128(context.quadTarget(to), context.quad(from));
    }
    return LaneFunctions.unary(
        context,
        type,
        type,
        a -> a,
        type.bits() == 64
            ? (d, a) -> new IntegerWides.Copy(d, a)
            : (d, a) -> new IntegerWords.Copy(d, a));
  }

  private static Step copy128(int target, int source) {
    return new LaneStep() {
      @Override
      protected void runLane(Warp warp, int lane) {
        warp.wides[target + lane] = warp.wides[source + lane];
        warp.wides[target + Warp.LANES + lane] = warp.wides[source + Warp.LANES + lane];
      }
    };
  }

  private static PtxType elementType(DecodeContext context, PtxType type, int count) {
    int bits = count == 2 || count == 4 ? type.bits() / count : 0;
    if (bits < 8 || bits > 64 || !type.isUntyped()) {
      throw context.malformed("no vector of " + count + " elements in type " + type);
    }
    return switch (bits) {
      case 8 -> PtxType.B8;
      case 16 -> PtxType.B16;
      case 32 -> PtxType.B32;
      default -> PtxType.B64;
    };
  }

  private static Step pack(
      DecodeContext context, Operand to, List<Operand> elements, PtxType type) {
    int count = elements.size();
    PtxType element = elementType(context, type, count);
    LaneSource[] sources =
        elements.stream()
            .map(operand -> LaneSource.of(context, operand, element))
            .toArray(LaneSource[]::new);
    if (type == PtxType.B128) {
      return pack128(context.quadTarget(to), sources);
    }
    LaneTarget target = LaneTarget.of(context, to, type);
    int bits = element.bits();
    return new LaneStep() {
      @Override
      protected void runLane(Warp warp, int lane) {
        long value = 0;
        for (int i = 0; i < count; i++) {
          value |= sources[i].at(warp, lane) << i * bits;
        }
        target.set(warp, lane, value);
      }
    };
  }

  private static Step pack128(int target, LaneSource[] sources) {
    int half = sources.length / 2;
    int bits = 64 / half;
    return new LaneStep() {
      @Override
      protected void runLane(Warp warp, int lane) {
        long low = 0;
        long high = 0;
        for (int i = 0; i < half; i++) {
          low |= sources[i].at(warp, lane) << i * bits;
          high |= sources[half + i].at(warp, lane) << i * bits;
        }
        warp.wides[target + lane] = low;
        warp.wides[target + Warp.LANES + lane] = high;
      }
    };
  }

  private static Step unpack(
      DecodeContext context, List<Operand> elements, Operand from, PtxType type) {
    int count = elements.size();
    PtxType element = elementType(context, type, count);
    int bits = element.bits();
    LaneTarget[] targets = new LaneTarget[count];
    for (int i = 0; i < count; i++) {
      if (!(elements.get(i) instanceof Operand.Sink)) {
        targets[i] = LaneTarget.of(context, elements.get(i), element);
      }
    }
    if (type == PtxType.B128) {
      return unpack128(targets, context.quad(from), bits);
    }
    LaneSource source = LaneSource.of(context, from, type);
    return new LaneStep() {
      @Override
      protected void runLane(Warp warp, int lane) {
        long value = source.at(warp, lane);
        for (int i = 0; i < count; i++) {
          if (targets[i] != null) {
            targets[i].set(warp, lane, value >> i * bits);
          }
        }
      }
    };
  }

  private static Step unpack128(LaneTarget[] targets, int source, int bits) {
    int half = targets.length / 2;
    return new LaneStep() {
      @Override
      protected void runLane(Warp warp, int lane) {
        long low = warp.wides[source + lane];
        long high = warp.wides[source + Warp.LANES + lane];
        for (int i = 0; i < targets.length; i++) {
          if (targets[i] != null) {
            targets[i].set(warp, lane, (i < half ? low : high) >> i % half * bits);
          }
        }
      }
    };
  }
}
