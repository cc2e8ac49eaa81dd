package dev.kiln.runtime.sim.ptx;

import dev.kiln.runtime.sim.ptx.Value.Real;
import dev.kiln.runtime.sim.ptx.Value.Symbol;
import dev.kiln.runtime.sim.ptx.Value.Whole;

/**
 * Operators of constant expressions (PTX manual, "Constant Expression Evaluation" and the summary
 * of its rules): integers have 64 bits and are unsigned where an operand is.
 */
final class Arithmetic {
  private Arithmetic() {}

  static Value sign(Position at, String sign, Value value) {
    return switch (value) {
      case Whole whole -> sign(sign, whole);
      case Real real -> sign(at, sign, real);
      case Symbol symbol when sign.equals("!") && symbol.offset() == 0 ->
          new Value.Other(new Operand.Not(at, symbol.name()));
      case Symbol symbol ->
          throw new PtxFault(at, "'" + sign + "' does not apply to '" + symbol.name().name() + "'");
      case Value.Other other -> throw new PtxFault(at, "'" + sign + "' does not apply here");
    };
  }

  private static Whole sign(String sign, Whole value) {
    return switch (sign) {
      case "-" -> new Whole(-value.bits(), value.unsigned());
      case "~" -> new Whole(~value.bits(), true);
      case "!" -> Whole.truth(value.bits() == 0);
      case "+" -> value;
      default -> new Whole(value.bits(), sign.contains("u"));
    };
  }

  private static Value sign(Position at, String sign, Real value) {
    return switch (sign) {
      case "-" ->
          new Real(
              -value.number(),
              value.single(),
              value.bits() ^ (value.single() ? 0x8000_0000L : Long.MIN_VALUE));
      case "+" -> value;
      case "!" -> Whole.truth(value.number() == 0);
      default -> throw new PtxFault(at, "'" + sign + "' does not apply to a floating-point number");
    };
  }

  static Value combine(Position at, String operator, Value left, Value right) {
    if (left instanceof Whole a && right instanceof Whole b) {
      return whole(at, operator, a, b);
    }
    if (left instanceof Symbol symbol && right instanceof Whole offset) {
      switch (operator) {
        case "+":
          return symbol.plus(offset.bits());
        case "-":
          return symbol.plus(-offset.bits());
        default:
          break;
      }
    }
    if (left instanceof Whole offset && right instanceof Symbol symbol && operator.equals("+")) {
      return symbol.plus(offset.bits());
    }
    if (isNumber(left) && isNumber(right)) {
      return real(at, operator, number(left), number(right));
    }
    throw new PtxFault(at, "'" + operator + "' joins constants only");
  }

  private static boolean isNumber(Value value) {
    return value instanceof Whole || value instanceof Real;
  }

  private static double number(Value value) {
    return switch (value) {
      case Real real -> real.number();
      case Whole whole ->
          whole.unsigned() && whole.bits() < 0
              ? (double) (whole.bits() >>> 1 | whole.bits() & 1) * 2
              : (double) whole.bits();
      case Symbol symbol -> throw new IllegalArgumentException("not a number");
      case Value.Other other -> throw new IllegalArgumentException("not a number");
    };
  }

  private static Value whole(Position at, String operator, Whole left, Whole right) {
    long a = left.bits();
    long b = right.bits();
    boolean unsigned = left.unsigned() || right.unsigned();
    return switch (operator) {
      case "+" -> new Whole(a + b, unsigned);
      case "-" -> new Whole(a - b, unsigned);
      case "*" -> new Whole(a * b, unsigned);
      case "/" -> {
        checkDivisor(at, b);
        yield new Whole(unsigned ? Long.divideUnsigned(a, b) : a / b, unsigned);
      }
      case "%" -> {
        checkDivisor(at, b);
        yield new Whole(Long.remainderUnsigned(a, b), false);
      }
      case "<<" -> new Whole(a << b, left.unsigned());
      case ">>" -> new Whole(left.unsigned() ? a >>> b : a >> b, left.unsigned());
      case "&" -> new Whole(a & b, unsigned);
      case "|" -> new Whole(a | b, unsigned);
      case "^" -> new Whole(a ^ b, unsigned);
      case "&&" -> Whole.truth(a != 0 && b != 0);
      case "||" -> Whole.truth(a != 0 || b != 0);
      default ->
          Whole.truth(holds(operator, unsigned ? Long.compareUnsigned(a, b) : Long.compare(a, b)));
    };
  }

  /** {@code condition ? left : right}. */
  static Value choose(Position at, Value condition, Value left, Value right) {
    if (!(condition instanceof Whole whole)) {
      throw new PtxFault(at, "'?' asks an integer constant");
    }
    var chosen = whole.bits() != 0 ? left : right;
    if (left instanceof Whole a && right instanceof Whole b) {
      return new Whole(whole.bits() != 0 ? a.bits() : b.bits(), a.unsigned() || b.unsigned());
    }
    return chosen;
  }

  private static void checkDivisor(Position at, long divisor) {
    if (divisor == 0) {
      throw new PtxFault(at, "this constant is divided by 0");
    }
  }

  private static boolean holds(String operator, int comparison) {
    return switch (operator) {
      case "<" -> comparison < 0;
      case "<=" -> comparison <= 0;
      case ">" -> comparison > 0;
      case ">=" -> comparison >= 0;
      case "==" -> comparison == 0;
      case "!=" -> comparison != 0;
      default -> throw new IllegalArgumentException(operator);
    };
  }

  private static Value real(Position at, String operator, double a, double b) {
    return switch (operator) {
      case "+" -> Real.of(a + b);
      case "-" -> Real.of(a - b);
      case "*" -> Real.of(a * b);
      case "/" -> Real.of(a / b);
      case "<" -> Whole.truth(a < b);
      case "<=" -> Whole.truth(a <= b);
      case ">" -> Whole.truth(a > b);
      case ">=" -> Whole.truth(a >= b);
      case "==" -> Whole.truth(a == b);
      case "!=" -> Whole.truth(a != b);
      case "&&" -> Whole.truth(a != 0 && b != 0);
      case "||" -> Whole.truth(a != 0 || b != 0);
      default ->
          throw new PtxFault(at, "'" + operator + "' does not apply to floating-point numbers");
    };
  }
}
