package dev.kiln.runtime.sim.isa.floating;

import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.CompareOp;
import dev.kiln.runtime.sim.isa.Comparison;
import dev.kiln.runtime.sim.isa.vector.FloatForms;
import dev.kiln.runtime.sim.isa.vector.VectorForms;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.PtxType;

/** Comparisons of floating-point numbers, for {@code setp} and {@code set}. */
public final class FloatComparisons {
  private FloatComparisons() {}

  /** Whether a comparison holds, by the order of two numbers. */
  private record Outcome(boolean less, boolean equal, boolean greater, boolean unordered) {
    boolean of(double a, double b) {
      return a < b ? less : a > b ? greater : a == b ? equal : unordered;
    }
  }

  /** As {@link Comparison.Family}. */
  public static Comparison decode(
      DecodeContext context,
      CompareOp op,
      PtxType type,
      boolean ftz,
      boolean high,
      Operand a,
      Operand b) {
    Outcome outcome = outcome(context, op);
    return switch (type) {
      case F64 -> {
        if (ftz) {
          throw context.malformed(".ftz does not apply to .f64");
        }
        yield wide(context.wide(a, type), context.wide(b, type), outcome);
      }
      case F32 -> {
        int x = context.word(a, type);
        int y = context.word(b, type);
        yield VectorForms.inUse()
            ? FloatForms.compare(op, x, y, ftz)
            : words(x, y, FloatCode.F32, 0, ftz, outcome);
      }
      case F16, F16X2 ->
          words(
              context.word(a, type),
              context.word(b, type),
              FloatCode.F16,
              high ? 16 : 0,
              ftz,
              outcome);
      case BF16, BF16X2 ->
          words(
              context.word(a, type),
              context.word(b, type),
              FloatCode.BF16,
              high ? 16 : 0,
              ftz,
              outcome);
      default -> throw context.unsupported("comparison of type " + type);
    };
  }

  private static Outcome outcome(DecodeContext context, CompareOp op) {
    return switch (op) {
      case EQ -> new Outcome(false, true, false, false);
      case NE -> new Outcome(true, false, true, false);
      case LT -> new Outcome(true, false, false, false);
      case LE -> new Outcome(true, true, false, false);
      case GT -> new Outcome(false, false, true, false);
      case GE -> new Outcome(false, true, true, false);
      case EQU -> new Outcome(false, true, false, true);
      case NEU -> new Outcome(true, false, true, true);
      case LTU -> new Outcome(true, false, false, true);
      case LEU -> new Outcome(true, true, false, true);
      case GTU -> new Outcome(false, false, true, true);
      case GEU -> new Outcome(false, true, true, true);
      case NUM -> new Outcome(true, true, true, false);
      case NAN -> new Outcome(false, false, false, true);
      case LO, LS, HI, HS ->
          throw context.malformed(
              "." + op.name().toLowerCase(java.util.Locale.ROOT) + " compares unsigned integers");
    };
  }

  private static Comparison wide(int a, int b, Outcome outcome) {
    return warp -> {
      long[] wides = warp.wides;
      int lanes = 0;
      for (int lane = 0; lane < Warp.LANES; lane++) {
        double x = Double.longBitsToDouble(wides[a + lane]);
        double y = Double.longBitsToDouble(wides[b + lane]);
        lanes |= (outcome.of(x, y) ? 1 : 0) << lane;
      }
      return lanes;
    };
  }

  private static Comparison words(
      int a, int b, FloatCode code, int shift, boolean flush, Outcome outcome) {
    return warp -> {
      int[] words = warp.words;
      int lanes = 0;
      for (int lane = 0; lane < Warp.LANES; lane++) {
        int x = words[a + lane] >>> shift;
        int y = words[b + lane] >>> shift;
        boolean holds =
            outcome.of(
                code.decode(flush ? code.flush(x) : x), code.decode(flush ? code.flush(y) : y));
        lanes |= (holds ? 1 : 0) << lane;
      }
      return lanes;
    };
  }
}
