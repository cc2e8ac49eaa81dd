package dev.kiln.compiler.ptx;

import static dev.kiln.compiler.ptx.Rewriting.constant;
import static dev.kiln.compiler.ptx.Rewriting.number;
import static dev.kiln.compiler.ptx.Rewriting.truth;

import dev.kiln.compiler.ptx.Opcode.Kind;
import dev.kiln.compiler.ptx.Operand.Immediate;
import java.util.List;
import java.util.Map;

/**
 * Instructions on numbers become numbers. Floats only where Java's arithmetic gives the same bits:
 * round to nearest even, results that are no NaN.
 */
final class ConstantRules {
  /** On integers extended from their width as the type says. */
  private interface OnIntegers {
    long apply(long a, long b, int bits);
  }

  private interface OnDoubles {
    double apply(double a, double b, double c);
  }

  private interface OnFloats {
    float apply(float a, float b, float c);
  }

  private static final Map<String, OnIntegers> INTEGERS =
      Map.ofEntries(
          Map.entry("add", (a, b, w) -> a + b),
          Map.entry("sub", (a, b, w) -> a - b),
          Map.entry("mul.lo", (a, b, w) -> a * b),
          Map.entry("mul.wide", (a, b, w) -> a * b),
          Map.entry("mul.hi", ConstantRules::high),
          Map.entry("and", (a, b, w) -> a & b),
          Map.entry("or", (a, b, w) -> a | b),
          Map.entry("xor", (a, b, w) -> a ^ b),
          Map.entry("shl", (a, b, w) -> outOf(b, w) ? 0 : a << b),
          Map.entry("shr", (a, b, w) -> outOf(b, w) ? a >> 63 : a >> b),
          Map.entry("min", (a, b, w) -> Math.min(a, b)),
          Map.entry("max", (a, b, w) -> Math.max(a, b)),
          Map.entry("not", (a, b, w) -> ~a),
          Map.entry("neg", (a, b, w) -> -a),
          Map.entry("abs", (a, b, w) -> Math.abs(a)));

  private static final Map<String, OnFloats> FLOATS =
      Map.of(
          "add.rn", (a, b, c) -> a + b,
          "sub.rn", (a, b, c) -> a - b,
          "mul.rn", (a, b, c) -> a * b,
          "div.rn", (a, b, c) -> a / b,
          "fma.rn", Math::fma,
          "neg", (a, b, c) -> -a,
          "abs", (a, b, c) -> Math.abs(a));

  private static final Map<String, OnDoubles> DOUBLES =
      Map.of(
          "add.rn", (a, b, c) -> a + b,
          "sub.rn", (a, b, c) -> a - b,
          "mul.rn", (a, b, c) -> a * b,
          "div.rn", (a, b, c) -> a / b,
          "fma.rn", Math::fma,
          "neg", (a, b, c) -> -a,
          "abs", (a, b, c) -> Math.abs(a));

  private ConstantRules() {}

  static void addTo(RuleTable table) {
    for (String name : INTEGERS.keySet()) {
      table.on(Kind.INTEGER, name, ConstantRules::integers);
    }
    for (String name : FLOATS.keySet()) {
      table.on(Kind.FLOAT, name, ConstantRules::floats);
    }
    table.on(Kind.INTEGER, "div", ConstantRules::division);
    table.on(Kind.INTEGER, "rem", ConstantRules::division);
    table.on(Kind.FLOAT, "cvt.rn", ConstantRules::toFloat);
  }

  private static boolean outOf(long shift, int bits) {
    return shift < 0 || shift >= bits;
  }

  private static long high(long a, long b, int bits) {
    return bits == 64 ? Math.multiplyHigh(a, b) : a * b >> bits;
  }

  private static boolean areNumbers(List<Operand> operands) {
    for (Operand operand : operands) {
      if (!(operand instanceof Immediate)) {
        return false;
      }
    }
    return !operands.isEmpty();
  }

  private static Operand integers(Rewriting body, Opcode opcode, List<Operand> operands) {
    String name = opcode.name();
    int bits = opcode.sourceBits();
    if (!areNumbers(operands) || name.equals("mul.hi") && opcode.isUnsigned() && bits == 64) {
      return null;
    }
    boolean shift = name.startsWith("sh");
    boolean unsigned = shift ? !opcode.source().startsWith("s") : opcode.isUnsigned();
    long a = extended(operands.get(0), bits, unsigned);
    long b =
        operands.size() < 2 ? 0 : extended(operands.get(1), shift ? 32 : bits, shift || unsigned);
    if (bits == 64 && unsigned) {
      return unsigned64(name, a, b);
    }
    long result = INTEGERS.get(name).apply(a, b, bits);
    return constant(name.equals("mul.wide") ? 2 * bits : bits, result);
  }

  private static Operand unsigned64(String name, long a, long b) {
    return switch (name) {
      case "min" -> constant(64, Long.compareUnsigned(a, b) < 0 ? a : b);
      case "max" -> constant(64, Long.compareUnsigned(a, b) < 0 ? b : a);
      case "shr" -> constant(64, outOf(b, 64) ? 0 : a >>> b);
      default -> constant(64, INTEGERS.get(name).apply(a, b, 64));
    };
  }

  private static long extended(Operand number, int bits, boolean unsigned) {
    long value = Facts.wrap(number(number), bits);
    return unsigned && bits < 64 ? value & (1L << bits) - 1 : value;
  }

  /** An integer instruction on numbers; {@code null} if they are not. */
  static Operand fold(Opcode opcode, List<Operand> operands) {
    return INTEGERS.containsKey(opcode.name()) ? integers(null, opcode, operands) : null;
  }

  private static Operand division(Rewriting body, Opcode opcode, List<Operand> operands) {
    int bits = opcode.bits();
    if (!areNumbers(operands) || number(operands.get(1)) == 0) {
      return null;
    }
    boolean unsigned = opcode.isUnsigned();
    long a = extended(operands.get(0), bits, unsigned);
    long b = extended(operands.get(1), bits, unsigned);
    boolean quotient = opcode.name().equals("div");
    if (unsigned) {
      return constant(bits, quotient ? Long.divideUnsigned(a, b) : Long.remainderUnsigned(a, b));
    }
    // The quotient of the least number and -1 has no place.
    return b == -1 ? null : constant(bits, quotient ? a / b : a % b);
  }

  private static Operand floats(Rewriting body, Opcode opcode, List<Operand> operands) {
    if (!areNumbers(operands)) {
      return null;
    }
    if (opcode.type().equals("f32")) {
      float result =
          FLOATS
              .get(opcode.name())
              .apply(single(operands, 0), single(operands, 1), single(operands, 2));
      return Float.isNaN(result) ? null : Immediate.f32(result);
    }
    double result =
        DOUBLES.get(opcode.name()).apply(wide(operands, 0), wide(operands, 1), wide(operands, 2));
    return Double.isNaN(result) ? null : Immediate.f64(result);
  }

  private static float single(List<Operand> operands, int i) {
    return i < operands.size() ? Float.intBitsToFloat((int) number(operands.get(i))) : 0;
  }

  private static double wide(List<Operand> operands, int i) {
    return i < operands.size() ? Double.longBitsToDouble(number(operands.get(i))) : 0;
  }

  /** {@code cvt.rn.f32.s32} of a number. */
  private static Operand toFloat(Rewriting body, Opcode opcode, List<Operand> operands) {
    if (!areNumbers(operands) || !opcode.source().startsWith("s")) {
      return null;
    }
    long value = extended(operands.getFirst(), opcode.sourceBits(), false);
    return opcode.type().equals("f32") ? Immediate.f32(value) : Immediate.f64(value);
  }

  /** What a comparison of integers gives. */
  static Operand compare(String name, long a, long b, boolean unsigned) {
    int order = unsigned ? Long.compareUnsigned(a, b) : Long.compare(a, b);
    return switch (name) {
      case "setp.eq" -> truth(order == 0);
      case "setp.ne" -> truth(order != 0);
      case "setp.lt", "setp.lo" -> truth(order < 0);
      case "setp.le", "setp.ls" -> truth(order <= 0);
      case "setp.gt", "setp.hi" -> truth(order > 0);
      case "setp.ge", "setp.hs" -> truth(order >= 0);
      default -> null;
    };
  }
}
