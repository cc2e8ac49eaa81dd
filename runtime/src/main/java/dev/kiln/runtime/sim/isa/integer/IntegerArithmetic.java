package dev.kiln.runtime.sim.isa.integer;

import static dev.kiln.runtime.sim.isa.lane.LaneFunctions.binary;
import static dev.kiln.runtime.sim.isa.lane.LaneFunctions.ternary;
import static dev.kiln.runtime.sim.isa.lane.LaneFunctions.unary;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.isa.Decoder;
import dev.kiln.runtime.sim.isa.lane.LaneFunctions.BinaryVectors;
import dev.kiln.runtime.sim.isa.lane.LaneFunctions.TernaryVectors;
import dev.kiln.runtime.sim.isa.lane.LaneFunctions.UnaryVectors;
import dev.kiln.runtime.sim.isa.lane.Types;
import dev.kiln.runtime.sim.isa.vector.IntegerWides;
import dev.kiln.runtime.sim.isa.vector.IntegerWords;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongBinaryOperator;

/**
 * Section 9.7.1: sums, products, quotients, extrema of integers of 16, 32 and 64 bits, and of pairs
 * of 16 bits. Division by zero is told in {@link Division}.
 */
public final class IntegerArithmetic {
  private static final Set<PtxType> PAIRS = EnumSet.of(PtxType.U16X2, PtxType.S16X2);
  static final Set<PtxType> SIGNED = EnumSet.of(PtxType.S16, PtxType.S32, PtxType.S64);
  static final Set<PtxType> SCALAR =
      EnumSet.of(PtxType.U16, PtxType.U32, PtxType.U64, PtxType.S16, PtxType.S32, PtxType.S64);
  private static final Set<PtxType> SCALAR_AND_PAIRS = union(SCALAR, PAIRS);
  private static final Set<PtxType> WORDS = EnumSet.of(PtxType.U32, PtxType.S32);

  private IntegerArithmetic() {}

  /** Decoders of the opcodes that floating-point instructions share, and of the others. */
  public static Map<String, Decoder> decoders() {
    Map<String, Decoder> decoders = new TreeMap<>();
    decoders.put("add", IntegerArithmetic::add);
    decoders.put("sub", IntegerArithmetic::sub);
    decoders.put("mul", IntegerArithmetic::mul);
    decoders.put("mad", IntegerArithmetic::mad);
    decoders.put("mul24", IntegerArithmetic::mul24);
    decoders.put("mad24", IntegerArithmetic::mad24);
    decoders.put("sad", IntegerArithmetic::sad);
    decoders.put("div", context -> divide(context, false));
    decoders.put("rem", context -> divide(context, true));
    decoders.put("abs", IntegerArithmetic::abs);
    decoders.put("neg", IntegerArithmetic::neg);
    decoders.put("min", context -> extremum(context, false));
    decoders.put("max", context -> extremum(context, true));
    decoders.put("addc", context -> CarryArithmetic.sum(context, false, true));
    decoders.put("subc", context -> CarryArithmetic.sum(context, true, true));
    decoders.put("madc", context -> CarryArithmetic.product(context, true));
    return decoders;
  }

  private static Set<PtxType> union(Set<PtxType> a, Set<PtxType> b) {
    Set<PtxType> both = EnumSet.copyOf(a);
    both.addAll(b);
    return both;
  }

  private static Step add(DecodeContext context) {
    if (context.modifiers().has("cc")) {
      return CarryArithmetic.sum(context, false, false);
    }
    boolean saturate = context.modifiers().take("sat");
    PtxType type = Types.take(context, SCALAR_AND_PAIRS);
    if (saturate) {
      expectSigned32(context, type);
      return binary(context, type, type, type, (a, b) -> Saturation.toS32(a + b));
    }
    if (PAIRS.contains(type)) {
      PtxType half = half(type);
      return binary(context, type, type, type, (a, b) -> halves(a, b, half, Long::sum));
    }
    BinaryVectors vectors =
        byWidth(
            type, (d, a, b) -> IntegerWords.add(d, a, b), (d, a, b) -> IntegerWides.add(d, a, b));
    return binary(context, type, type, type, Long::sum, vectors);
  }

  private static Step sub(DecodeContext context) {
    if (context.modifiers().has("cc")) {
      return CarryArithmetic.sum(context, true, false);
    }
    boolean saturate = context.modifiers().take("sat");
    PtxType type = Types.take(context, SCALAR);
    if (saturate) {
      expectSigned32(context, type);
      return binary(context, type, type, type, (a, b) -> Saturation.toS32(a - b));
    }
    BinaryVectors vectors =
        byWidth(
            type, (d, a, b) -> IntegerWords.sub(d, a, b), (d, a, b) -> IntegerWides.sub(d, a, b));
    return binary(context, type, type, type, (a, b) -> a - b, vectors);
  }

  private static void expectSigned32(DecodeContext context, PtxType type) {
    if (type != PtxType.S32) {
      throw context.malformed(".sat is for .s32 only");
    }
  }

  /** Forms for 32 and for 64 bits; there is none for 16. */
  private static BinaryVectors byWidth(PtxType type, BinaryVectors words, BinaryVectors wides) {
    return type.bits() == 64 ? wides : type.bits() == 32 ? words : null;
  }

  private static PtxType half(PtxType pair) {
    return pair == PtxType.S16X2 ? PtxType.S16 : PtxType.U16;
  }

  /** Applies an operation to the halves of two pairs. */
  private static long halves(long a, long b, PtxType half, LongBinaryOperator f) {
    long low = f.applyAsLong(number(a, half), number(b, half));
    long high = f.applyAsLong(number(a >> 16, half), number(b >> 16, half));
    return low & 0xffff | high << 16;
  }

  private static long number(long bits, PtxType half) {
    return half.isSigned() ? (short) bits : bits & 0xffff;
  }

  private static Step mul(DecodeContext context) {
    String part = Products.part(context);
    PtxType type = Types.take(context, SCALAR);
    if (part.equals("wide")) {
      PtxType twice = Products.wide(context, type);
      BinaryVectors vectors =
          type.bits() != 32 ? null : (d, a, b) -> IntegerWides.mulWide(type.isSigned(), d, a, b);
      return binary(context, twice, type, type, (a, b) -> a * b, vectors);
    }
    if (part.equals("lo")) {
      BinaryVectors vectors =
          byWidth(
              type, (d, a, b) -> IntegerWords.mul(d, a, b), (d, a, b) -> IntegerWides.mul(d, a, b));
      return binary(context, type, type, type, (a, b) -> a * b, vectors);
    }
    BinaryVectors vectors =
        type.bits() != 32 ? null : (d, a, b) -> IntegerWides.mulHigh(type.isSigned(), d, a, b);
    return binary(context, type, type, type, Products.high(type), vectors);
  }

  private static Step mad(DecodeContext context) {
    if (context.modifiers().has("cc")) {
      return CarryArithmetic.product(context, false);
    }
    String part = Products.part(context);
    boolean saturate = context.modifiers().take("sat");
    PtxType type = Types.take(context, SCALAR);
    if (saturate) {
      if (!part.equals("hi")) {
        throw context.malformed(".sat is for mad.hi.s32 only");
      }
      expectSigned32(context, type);
      return ternary(
          context, type, type, type, type, (a, b, c) -> Saturation.toS32((a * b >> 32) + c));
    }
    if (part.equals("wide")) {
      PtxType twice = Products.wide(context, type);
      TernaryVectors vectors =
          type.bits() != 32
              ? null
              : (d, a, b, c) -> IntegerWides.madWide(type.isSigned(), d, a, b, c);
      return ternary(context, twice, type, type, twice, (a, b, c) -> a * b + c, vectors);
    }
    if (part.equals("lo")) {
      TernaryVectors vectors =
          type.bits() == 64
              ? (d, a, b, c) -> new IntegerWides.Mad(d, a, b, c)
              : type.bits() == 32 ? (d, a, b, c) -> new IntegerWords.Mad(d, a, b, c) : null;
      return ternary(context, type, type, type, type, (a, b, c) -> a * b + c, vectors);
    }
    LongBinaryOperator high = Products.high(type);
    return ternary(context, type, type, type, type, (a, b, c) -> high.applyAsLong(a, b) + c);
  }

  private static Step mul24(DecodeContext context) {
    boolean high = highOf48(context);
    PtxType type = Types.take(context, WORDS);
    return binary(context, type, type, type, (a, b) -> Products.of24(a, b, type, high));
  }

  private static Step mad24(DecodeContext context) {
    boolean high = highOf48(context);
    boolean saturate = context.modifiers().take("sat");
    PtxType type = Types.take(context, WORDS);
    if (saturate) {
      expectSigned32(context, type);
      if (!high) {
        throw context.malformed(".sat is for mad24.hi.s32 only");
      }
      return ternary(
          context,
          type,
          type,
          type,
          type,
          (a, b, c) -> Saturation.toS32(Products.of24(a, b, type, true) + c));
    }
    return ternary(
        context, type, type, type, type, (a, b, c) -> Products.of24(a, b, type, high) + c);
  }

  private static boolean highOf48(DecodeContext context) {
    String part = Products.part(context);
    if (part.equals("wide")) {
      throw context.malformed(context.instruction().opcode() + " has no .wide");
    }
    return part.equals("hi");
  }

  private static Step sad(DecodeContext context) {
    PtxType type = Types.take(context, SCALAR);
    boolean unsigned64 = type == PtxType.U64;
    return ternary(
        context,
        type,
        type,
        type,
        type,
        (a, b, c) -> {
          boolean less = unsigned64 ? Long.compareUnsigned(a, b) < 0 : a < b;
          return c + (less ? b - a : a - b);
        });
  }

  private static Step divide(DecodeContext context, boolean remainder) {
    PtxType type = Types.take(context, SCALAR);
    return binary(context, type, type, type, Division.of(type, remainder));
  }

  private static Step abs(DecodeContext context) {
    PtxType type = Types.take(context, SIGNED);
    UnaryVectors vectors = type == PtxType.S32 ? (d, a) -> IntegerWords.abs(d, a) : null;
    return unary(context, type, type, Math::abs, vectors);
  }

  private static Step neg(DecodeContext context) {
    PtxType type = Types.take(context, SIGNED);
    UnaryVectors vectors = type == PtxType.S32 ? (d, a) -> IntegerWords.neg(d, a) : null;
    return unary(context, type, type, a -> -a, vectors);
  }

  private static Step extremum(DecodeContext context, boolean max) {
    boolean relu = context.modifiers().take("relu");
    PtxType type = Types.take(context, SCALAR_AND_PAIRS);
    if (relu && type != PtxType.S16X2 && type != PtxType.S32) {
      throw context.malformed(".relu is for .s32 and .s16x2 only");
    }
    LongBinaryOperator plain =
        type == PtxType.U64
            ? (a, b) -> Long.compareUnsigned(a, b) < 0 == max ? b : a
            : max ? Math::max : Math::min;
    LongBinaryOperator f = relu ? (a, b) -> Math.max(0, plain.applyAsLong(a, b)) : plain;
    if (PAIRS.contains(type)) {
      PtxType half = half(type);
      return binary(context, type, type, type, (a, b) -> halves(a, b, half, f));
    }
    return binary(context, type, type, type, f, relu ? null : extremumVectors(type, max));
  }

  private static BinaryVectors extremumVectors(PtxType type, boolean max) {
    if (type == PtxType.S32) {
      return max
          ? (d, a, b) -> IntegerWords.maxSigned(d, a, b)
          : (d, a, b) -> IntegerWords.minSigned(d, a, b);
    }
    if (type == PtxType.U32) {
      return max
          ? (d, a, b) -> IntegerWords.maxUnsigned(d, a, b)
          : (d, a, b) -> IntegerWords.minUnsigned(d, a, b);
    }
    return null;
  }
}
