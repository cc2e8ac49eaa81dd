package dev.kiln.runtime.sim.isa.floating;

import dev.kiln.runtime.sim.isa.CompareOp;
import dev.kiln.runtime.sim.isa.SingleStep;
import dev.kiln.runtime.sim.isa.SingleStep.LaneFunction;
import dev.kiln.runtime.sim.isa.floating.Exact.Format;
import dev.kiln.runtime.sim.isa.vector.VectorForms;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FloatComparisonsTest {
  private static boolean holds(CompareOp op, double a, double b) {
    boolean nan = a != a || b != b;
    return switch (op) {
      case EQ -> a == b;
      case NE -> !nan && a != b;
      case LT -> a < b;
      case LE -> a <= b;
      case GT -> a > b;
      case GE -> a >= b;
      case EQU -> nan || a == b;
      case NEU -> nan || a != b;
      case LTU -> nan || a < b;
      case LEU -> nan || a <= b;
      case GTU -> nan || a > b;
      case GEU -> nan || a >= b;
      case NUM -> !nan;
      case NAN -> nan;
      default -> throw new IllegalArgumentException(op.name());
    };
  }

  private static void check(CompareOp op, String modifiers, PtxType type, Format format) {
    boolean flush = modifiers.contains("ftz");
    SingleStep step =
        SingleStep.of("setp." + op.name().toLowerCase(Locale.ROOT) + modifiers + "." + type.word())
            .out(PtxType.PRED)
            .in(type)
            .in(type);
    LaneFunction expected =
        in -> {
          long a = flush ? format.flush(in[0]) : in[0];
          long b = flush ? format.flush(in[1]) : in[1];
          return holds(op, format.number(a), format.number(b)) ? 1 : 0;
        };
    step.expect(expected);
    VectorForms.without(
        () -> {
          step.expect(expected);
          return null;
        });
  }

  @ParameterizedTest
  @EnumSource(
      value = CompareOp.class,
      mode = EnumSource.Mode.EXCLUDE,
      names = {"LO", "LS", "HI", "HS"})
  void numbersAreOrderedAndNanIsNot(CompareOp op) {
    check(op, "", PtxType.F32, Format.F32);
    check(op, ".ftz", PtxType.F32, Format.F32);
    check(op, "", PtxType.F64, Format.F64);
    check(op, ".ftz", PtxType.F16, Format.F16);
    check(op, "", PtxType.BF16, Format.BF16);
  }
}
