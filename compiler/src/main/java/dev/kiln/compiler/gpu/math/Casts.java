package dev.kiln.compiler.gpu.math;

import static dev.kiln.compiler.gpu.math.Code.d;
import static dev.kiln.compiler.gpu.math.Code.f;
import static dev.kiln.compiler.gpu.math.Code.h;
import static dev.kiln.compiler.gpu.math.Code.i;
import static dev.kiln.compiler.gpu.math.Code.l;

import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.numeric.Conversions;
import dev.kiln.compiler.numeric.FloatFormat;
import dev.kiln.compiler.numeric.IntegerMath;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Immediate;

/** Tile IR's casts. */
final class Casts {
  private final Code code;
  private final IntegerArithmetic integers;
  private final FloatCasts floats;

  Casts(Code code, IntegerArithmetic integers, FloatCasts floats) {
    this.code = code;
    this.integers = integers;
    this.floats = floats;
  }

  Operand apply(CastKind kind, DType from, DType to, Operand a) {
    return switch (kind) {
      case EXTS, EXTU, TRUNC -> betweenIntegers(kind, from, to, a);
      case FPEXT, FPTRUNC -> floats.convert(from, to, a, true);
      case FPTRUNC_RTZ -> floats.convert(from, to, a, false);
      case SITOFP -> integerToFloat(from, to, a, false);
      case UITOFP -> integerToFloat(from, to, a, true);
      case FPTOSI -> floatToInteger(from, to, a, false);
      case FPTOUI -> floatToInteger(from, to, a, true);
      case BITCAST -> bitcast(from, to, a);
      case PTRTOINT, INTTOPTR -> a;
    };
  }

  /** A number in the form in which a type's numbers are held. */
  static Operand constant(DType dtype, Number value) {
    return switch (dtype) {
      case I1 -> Immediate.pred(value.longValue() != 0);
      case I8, I16, I32, U8, U16, U32 -> i(value.intValue());
      case I64, U64 -> l(value.longValue());
      case FP32 -> Immediate.f32(value.floatValue());
      case FP64 -> Immediate.f64(value.doubleValue());
      case FP16, BF16, FP8E5, FP8E4NV, FP8E4B15, FP8E4B8, FP8E5B16 ->
          h((int) FloatFormat.toBits(dtype, value.doubleValue()));
    };
  }

  private Operand betweenIntegers(CastKind kind, DType from, DType to, Operand a) {
    if (a instanceof Immediate number) {
      long value = IntegerMath.wrap(from, number.bits());
      return constant(to, Conversions.integerToInteger(kind, from, to, value));
    }
    return switch (kind) {
      case EXTS -> {
        if (from == DType.I1) {
          yield ofCondition(to, a, -1);
        }
        yield to.bits() == 64 ? code.b64("cvt.s64.s32", a) : a;
      }
      case EXTU -> {
        if (from == DType.I1) {
          yield ofCondition(to, a, 1);
        }
        Operand extended = integers.zeroExtend(from, a);
        yield to.bits() == 64 ? code.b64("cvt.u64.u32", extended) : extended;
      }
      default -> truncate(to, from.bits() == 64 ? code.b32("cvt.u32.u64", a) : a);
    };
  }

  private Operand ofCondition(DType to, Operand condition, long whenTrue) {
    return code.select(condition, constant(to, whenTrue), constant(to, 0L));
  }

  private Operand truncate(DType to, Operand word) {
    return to == DType.I1
        ? code.pred("setp.ne.s32", code.b32("and.b32", word, i(1)), i(0))
        : integers.wrap(to, word);
  }

  private Operand integerToFloat(DType from, DType to, Operand a, boolean unsigned) {
    if (from == DType.I1) {
      double one = unsigned ? 1 : -1;
      return code.select(a, constant(to, FloatFormat.round(to, one)), constant(to, 0.0));
    }
    Operand source = unsigned ? integers.zeroExtend(from, a) : a;
    String type = (unsigned ? "u" : "s") + (from.bits() == 64 ? "64" : "32");
    return switch (to) {
      case FP64 -> code.b64("cvt.rn.f64." + type, source);
      case FP32 -> code.b32("cvt.rn.f32." + type, source);
      case FP16 -> code.b16("cvt.rn.f16." + type, source);
      default -> {
        // Numbers of up to 16 bits are exact in fp32; wider ones would be rounded twice.
        Operand number =
            from.bits() <= 16
                ? code.b32("cvt.rn.f32." + type, source)
                : floats.oddFp32(type, source);
        yield floats.fromFp32(to, number, true);
      }
    };
  }

  private Operand floatToInteger(DType from, DType to, Operand a, boolean unsigned) {
    boolean wideSource = from == DType.FP64;
    Operand number = wideSource ? a : floats.toFp32(from, a);
    String type = wideSource ? "f64" : "f32";
    if (to == DType.I1) {
      double bound = unsigned ? 1 : -1;
      return code.pred(
          (unsigned ? "setp.ge." : "setp.le.") + type, number, wideSource ? d(bound) : f(bound));
    }
    boolean wide = to.bits() == 64;
    String opcode = "cvt.rzi." + (unsigned ? "u" : "s") + (wide ? "64." : "32.") + type;
    Operand saturated = wide ? code.b64(opcode, number) : code.b32(opcode, number);
    if (wide || wideSource) {
      // Only these instructions do not give 0 for NaN.
      Operand isNan = code.pred("setp.nan." + type, number, number);
      saturated = code.select(isNan, wide ? l(0) : i(0), saturated);
    }
    return to.bits() >= 32 ? saturated : narrowed(to, saturated, unsigned);
  }

  private Operand narrowed(DType to, Operand word, boolean unsigned) {
    int bits = to.bits();
    if (unsigned) {
      return integers.wrap(to, code.b32("min.u32", word, i((1 << bits) - 1)));
    }
    Operand atMost = code.b32("min.s32", word, i((1 << (bits - 1)) - 1));
    return code.b32("max.s32", atMost, i(-1 << (bits - 1)));
  }

  private Operand bitcast(DType from, DType to, Operand a) {
    if (from.isFloat() == to.isFloat() || from.bits() >= 32) {
      return a;
    }
    if (a instanceof Immediate number) {
      return from.isFloat()
          ? i((int) IntegerMath.wrap(to, number.bits()))
          : h((int) IntegerMath.zeroExtend(from, number.bits()));
    }
    return from.isFloat()
        ? code.b32("cvt.s32.s" + to.bits(), a)
        : code.b16("cvt.u16.u32", from.bits() == 8 ? integers.zeroExtend(from, a) : a);
  }
}
