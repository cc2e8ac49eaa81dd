package dev.kiln.runtime.sim.isa.floating;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.isa.floating.Arithmetic16.Clamp;
import dev.kiln.runtime.sim.isa.floating.LaneSteps.Wide2;
import dev.kiln.runtime.sim.isa.floating.LaneSteps.Wide3;
import dev.kiln.runtime.sim.isa.floating.LaneSteps.Word2;
import dev.kiln.runtime.sim.isa.floating.LaneSteps.Word3;
import dev.kiln.runtime.sim.isa.vector.FloatForms;
import dev.kiln.runtime.sim.isa.vector.VectorForms;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.program.Modifiers;
import dev.kiln.runtime.sim.ptx.PtxType;

/** Decodes {@code add}, {@code sub}, {@code mul}, {@code fma} and {@code mad}. */
final class FloatArithmetic {
  private FloatArithmetic() {}

  /** The function of two operands in each kind of arithmetic. */
  private interface Binary {
    Word2 in(Arithmetic32 arithmetic);

    Word2 in(Arithmetic16 arithmetic);

    Wide2 in(Arithmetic64 arithmetic);

    /** The step over vectors, for {@code .f32} rounded to nearest. */
    Step words(int target, int a, int b, boolean flush);

    /** The step over vectors, for {@code .f64} rounded to nearest. */
    Step wides(int target, int a, int b, Step exact);

    /** The step over vectors, for {@code .f16} and {@code .f16x2}. */
    Step halves(int target, int a, int b);
  }

  private static final Binary ADD =
      new Binary() {
        @Override
        public Word2 in(Arithmetic32 arithmetic) {
          return arithmetic::add;
        }

        @Override
        public Word2 in(Arithmetic16 arithmetic) {
          return arithmetic::add;
        }

        @Override
        public Wide2 in(Arithmetic64 arithmetic) {
          return arithmetic::add;
        }

        @Override
        public Step words(int target, int a, int b, boolean flush) {
          return FloatForms.add(target, a, b, flush);
        }

        @Override
        public Step wides(int target, int a, int b, Step exact) {
          return FloatForms.addWide(target, a, b, exact);
        }

        @Override
        public Step halves(int target, int a, int b) {
          return FloatForms.addHalves(target, a, b);
        }
      };

  private static final Binary SUB =
      new Binary() {
        @Override
        public Word2 in(Arithmetic32 arithmetic) {
          return arithmetic::sub;
        }

        @Override
        public Word2 in(Arithmetic16 arithmetic) {
          return arithmetic::sub;
        }

        @Override
        public Wide2 in(Arithmetic64 arithmetic) {
          return arithmetic::sub;
        }

        @Override
        public Step words(int target, int a, int b, boolean flush) {
          return FloatForms.sub(target, a, b, flush);
        }

        @Override
        public Step wides(int target, int a, int b, Step exact) {
          return FloatForms.subWide(target, a, b, exact);
        }

        @Override
        public Step halves(int target, int a, int b) {
          return FloatForms.subHalves(target, a, b);
        }
      };

  private static final Binary MUL =
      new Binary() {
        @Override
        public Word2 in(Arithmetic32 arithmetic) {
          return arithmetic::mul;
        }

        @Override
        public Word2 in(Arithmetic16 arithmetic) {
          return arithmetic::mul;
        }

        @Override
        public Wide2 in(Arithmetic64 arithmetic) {
          return arithmetic::mul;
        }

        @Override
        public Step words(int target, int a, int b, boolean flush) {
          return FloatForms.mul(target, a, b, flush);
        }

        @Override
        public Step wides(int target, int a, int b, Step exact) {
          return FloatForms.mulWide(target, a, b, exact);
        }

        @Override
        public Step halves(int target, int a, int b) {
          return FloatForms.mulHalves(target, a, b);
        }
      };

  static Step add(DecodeContext context) {
    return sum(context, ADD);
  }

  static Step sub(DecodeContext context) {
    return sum(context, SUB);
  }

  static Step mul(DecodeContext context) {
    Rounding rounding = Rounding.take(context.modifiers()).orElse(Rounding.NEAREST);
    return binary(context, FloatTypes.take(context), rounding, MUL);
  }

  private static Step sum(DecodeContext context, Binary operation) {
    Rounding rounding = Rounding.take(context.modifiers()).orElse(Rounding.NEAREST);
    PtxType type = FloatTypes.take(context);
    PtxType second = context.modifiers().takeType().orElse(null);
    if (second == null) {
      return binary(context, type, rounding, operation);
    }
    FloatCode half = FloatTypes.mixed(context, type, second);
    context.expectOperands(3, 3);
    Word2 sum = operation.in(new Arithmetic32(rounding, false, context.modifiers().take("sat")));
    return LaneSteps.word(
        context.wordTarget(context.operand(0), type),
        context.word(context.operand(1), second),
        context.word(context.operand(2), type),
        (a, b) -> sum.of(FloatTypes.widen(half, a), b));
  }

  private static Step binary(
      DecodeContext context, PtxType type, Rounding rounding, Binary operation) {
    context.expectOperands(3, 3);
    if (type == PtxType.F64 || type == PtxType.F32X2) {
      int target = context.wideTarget(context.operand(0), type);
      int a = context.wide(context.operand(1), type);
      int b = context.wide(context.operand(2), type);
      if (type == PtxType.F32X2) {
        boolean flush = context.modifiers().take("ftz");
        return LaneSteps.wide(
            target, a, b, LaneSteps.pairs(operation.in(new Arithmetic32(rounding, flush, false))));
      }
      Step exact = LaneSteps.wide(target, a, b, operation.in(new Arithmetic64(rounding)));
      return rounding == Rounding.NEAREST && VectorForms.inUse()
          ? operation.wides(target, a, b, exact)
          : exact;
    }
    int target = context.wordTarget(context.operand(0), type);
    int a = context.word(context.operand(1), type);
    int b = context.word(context.operand(2), type);
    if (type == PtxType.F32) {
      Arithmetic32 arithmetic = arithmetic32(context, rounding);
      return isVector(arithmetic)
          ? operation.words(target, a, b, arithmetic.flush())
          : LaneSteps.word(target, a, b, operation.in(arithmetic));
    }
    Arithmetic16 arithmetic = arithmetic16(context, type, rounding, false);
    if (isVector(arithmetic)) {
      return operation.halves(target, a, b);
    }
    Word2 half = operation.in(arithmetic);
    return LaneSteps.word(target, a, b, FloatTypes.isPacked(type) ? LaneSteps.packed(half) : half);
  }

  private static boolean isVector(Arithmetic32 arithmetic) {
    return arithmetic.rounding() == Rounding.NEAREST
        && !arithmetic.saturate()
        && VectorForms.inUse();
  }

  private static boolean isVector(Arithmetic16 arithmetic) {
    return arithmetic.code() == FloatCode.F16
        && !arithmetic.flush()
        && arithmetic.clamp() == Clamp.NONE
        && VectorForms.inUse();
  }

  private static Arithmetic32 arithmetic32(DecodeContext context, Rounding rounding) {
    Modifiers modifiers = context.modifiers();
    return new Arithmetic32(rounding, modifiers.take("ftz"), modifiers.take("sat"));
  }

  private static Arithmetic16 arithmetic16(
      DecodeContext context, PtxType type, Rounding rounding, boolean mayClampBelow) {
    if (rounding != Rounding.NEAREST) {
      throw context.malformed(type + " is rounded to nearest only");
    }
    Modifiers modifiers = context.modifiers();
    FloatCode code = FloatTypes.half(type);
    boolean flush = code == FloatCode.F16 && modifiers.take("ftz");
    boolean unit = code == FloatCode.F16 && modifiers.take("sat");
    boolean positive = mayClampBelow && modifiers.take("relu");
    if (unit && positive) {
      throw context.malformed(".sat and .relu exclude each other");
    }
    return new Arithmetic16(
        code, flush, unit ? Clamp.UNIT : positive ? Clamp.POSITIVE : Clamp.NONE);
  }

  static Step fma(DecodeContext context) {
    Rounding rounding = Rounding.require(context);
    PtxType type = FloatTypes.take(context);
    PtxType second = context.modifiers().takeType().orElse(null);
    context.expectOperands(4, 4);
    if (second != null) {
      return mixedFma(context, type, second, rounding);
    }
    if (context.modifiers().has("oob")) {
      throw context.unsupported("fma with .oob is not simulated");
    }
    return ternary(context, type, rounding);
  }

  /** {@code mad.f32} and {@code mad.f64} are {@code fma}. */
  static Step mad(DecodeContext context) {
    Rounding rounding = Rounding.require(context);
    PtxType type = FloatTypes.take(context);
    if (type != PtxType.F32 && type != PtxType.F64) {
      throw context.unsupported("mad of type " + type);
    }
    context.expectOperands(4, 4);
    return ternary(context, type, rounding);
  }

  private static Step mixedFma(
      DecodeContext context, PtxType type, PtxType second, Rounding rounding) {
    FloatCode half = FloatTypes.mixed(context, type, second);
    Arithmetic32 arithmetic = new Arithmetic32(rounding, false, context.modifiers().take("sat"));
    return LaneSteps.word(
        context.wordTarget(context.operand(0), type),
        context.word(context.operand(1), second),
        context.word(context.operand(2), second),
        context.word(context.operand(3), type),
        (a, b, c) -> arithmetic.fma(FloatTypes.widen(half, a), FloatTypes.widen(half, b), c));
  }

  private static Step ternary(DecodeContext context, PtxType type, Rounding rounding) {
    if (type == PtxType.F64 || type == PtxType.F32X2) {
      return wideTernary(context, type, rounding);
    }
    int target = context.wordTarget(context.operand(0), type);
    int a = context.word(context.operand(1), type);
    int b = context.word(context.operand(2), type);
    int c = context.word(context.operand(3), type);
    if (type == PtxType.F32) {
      Arithmetic32 arithmetic = arithmetic32(context, rounding);
      return isVector(arithmetic)
          ? FloatForms.fma(target, a, b, c, arithmetic.flush())
          : LaneSteps.word(target, a, b, c, arithmetic::fma);
    }
    Arithmetic16 arithmetic = arithmetic16(context, type, rounding, true);
    if (isVector(arithmetic)) {
      return FloatForms.fmaHalves(target, a, b, c);
    }
    Word3 half = arithmetic::fma;
    return LaneSteps.word(
        target, a, b, c, FloatTypes.isPacked(type) ? LaneSteps.packed(half) : half);
  }

  private static Step wideTernary(DecodeContext context, PtxType type, Rounding rounding) {
    int target = context.wideTarget(context.operand(0), type);
    int a = context.wide(context.operand(1), type);
    int b = context.wide(context.operand(2), type);
    int c = context.wide(context.operand(3), type);
    if (type == PtxType.F64) {
      Wide3 function = new Arithmetic64(rounding)::fma;
      Step exact = LaneSteps.wide(target, a, b, c, function);
      return rounding == Rounding.NEAREST && VectorForms.inUse()
          ? FloatForms.fmaWide(target, a, b, c, exact)
          : exact;
    }
    Arithmetic32 arithmetic = new Arithmetic32(rounding, context.modifiers().take("ftz"), false);
    return LaneSteps.wide(target, a, b, c, LaneSteps.pairs((Word3) arithmetic::fma));
  }
}
