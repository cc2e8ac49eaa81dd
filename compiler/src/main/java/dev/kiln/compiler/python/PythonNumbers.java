package dev.kiln.compiler.python;

import dev.kiln.compiler.syntax.Expr;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;

/** Arithmetic of Python's {@code int}, {@code float} and {@code bool}. */
public final class PythonNumbers {
  /**
   * Results with more bits are refused: they would take the compiler's memory, not answer a
   * question.
   */
  private static final int MAX_BITS = 1 << 20;

  private static final BigInteger LONG_MIN = BigInteger.valueOf(Long.MIN_VALUE);
  private static final BigInteger LONG_MAX = BigInteger.valueOf(Long.MAX_VALUE);

  private PythonNumbers() {}

  /** An {@code int} as a value: a {@code Long} if it fits. */
  public static Object normalised(BigInteger value) {
    return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
  }

  /** Whether the value is an {@code int} or a {@code bool}. */
  public static boolean isInteger(Object value) {
    return value instanceof Long || value instanceof BigInteger || value instanceof Boolean;
  }

  /** Whether the value is an {@code int}, {@code bool} or {@code float}. */
  public static boolean isNumber(Object value) {
    return isInteger(value) || value instanceof Double;
  }

  /** The value of an {@code int} or {@code bool}. */
  public static BigInteger big(Object value) {
    return switch (value) {
      case Long number -> BigInteger.valueOf(number);
      case BigInteger number -> number;
      case Boolean truth -> truth ? BigInteger.ONE : BigInteger.ZERO;
      default -> throw new IllegalArgumentException("no integer: " + value);
    };
  }

  /** The value of a number as a {@code float}. */
  public static double real(Object value) {
    return switch (value) {
      case Long number -> number.doubleValue();
      case Double number -> number;
      case Boolean truth -> truth ? 1 : 0;
      case BigInteger number -> {
        double result = number.doubleValue();
        if (Double.isInfinite(result)) {
          throw PythonError.overflow("int too large to convert to float");
        }
        yield result;
      }
      default -> throw PythonError.type("must be real number, not " + PythonText.typeName(value));
    };
  }

  /** An {@code int} that must fit {@code long}, such as an index or a count. */
  static long index(Object value, String what) {
    return switch (value) {
      case Long number -> number;
      case Boolean truth -> truth ? 1 : 0;
      case BigInteger number ->
          throw new PythonError("IndexError", "cannot fit 'int' into an index-sized integer");
      default -> throw PythonError.type(what);
    };
  }

  private static Object asInt(Object value) {
    return value instanceof Boolean truth ? (Object) (truth ? 1L : 0L) : value;
  }

  /**
   * An operator on two numbers.
   *
   * @return null where Python has none for them
   */
  static Object binary(Expr.BinaryOp op, Object left, Object right) {
    if (left instanceof Boolean a && right instanceof Boolean b) {
      switch (op) {
        case BIT_AND:
          return a & b;
        case BIT_OR:
          return a | b;
        case BIT_XOR:
          return a ^ b;
        default:
      }
    }
    return left instanceof Double || right instanceof Double
        ? floats(op, left, right)
        : integers(op, asInt(left), asInt(right));
  }

  // ---- int

  private static Object integers(Expr.BinaryOp op, Object left, Object right) {
    if (left instanceof Long a && right instanceof Long b) {
      Object fast = longs(op, a, b);
      if (fast != null) {
        return fast;
      }
    }
    return bigs(op, big(left), big(right));
  }

  /** Null where the result may not fit. */
  private static Object longs(Expr.BinaryOp op, long a, long b) {
    switch (op) {
      case ADD:
        long sum = a + b;
        return ((a ^ sum) & (b ^ sum)) < 0 ? null : (Object) sum;
      case SUB:
        long difference = a - b;
        return ((a ^ b) & (a ^ difference)) < 0 ? null : (Object) difference;
      case MUL:
        long high = Math.multiplyHigh(a, b);
        long low = a * b;
        return high == low >> (Long.SIZE - 1) ? (Object) low : null;
      case FLOOR_DIV:
        return b == 0 || b == -1 ? null : (Object) Math.floorDiv(a, b);
      case MOD:
        return b == 0 ? null : (Object) Math.floorMod(a, b);
      case BIT_AND:
        return a & b;
      case BIT_OR:
        return a | b;
      case BIT_XOR:
        return a ^ b;
      default:
        return null;
    }
  }

  private static Object bigs(Expr.BinaryOp op, BigInteger a, BigInteger b) {
    return switch (op) {
      case ADD -> normalised(a.add(b));
      case SUB -> normalised(a.subtract(b));
      case MUL -> {
        checkBits((long) a.bitLength() + b.bitLength());
        yield normalised(a.multiply(b));
      }
      case DIV -> quotient(a, b);
      case FLOOR_DIV -> normalised(floorDivMod(a, b, "integer division or modulo by zero")[0]);
      case MOD -> normalised(floorDivMod(a, b, "integer modulo by zero")[1]);
      case POW -> power(a, b);
      case BIT_AND -> normalised(a.and(b));
      case BIT_OR -> normalised(a.or(b));
      case BIT_XOR -> normalised(a.xor(b));
      case SHL -> normalised(shift(a, b, true));
      case SHR -> normalised(shift(a, b, false));
      case MAT_MUL -> null;
    };
  }

  private static void checkBits(long bits) {
    if (bits > MAX_BITS) {
      throw PythonError.overflow("an int of more than " + MAX_BITS + " bits");
    }
  }

  /** Quotient rounded down, and the remainder that has the divisor's sign. */
  static BigInteger[] floorDivMod(BigInteger a, BigInteger b, String zero) {
    if (b.signum() == 0) {
      throw PythonError.zeroDivision(zero);
    }
    var result = a.divideAndRemainder(b);
    if (result[1].signum() != 0 && result[1].signum() != b.signum()) {
      result[0] = result[0].subtract(BigInteger.ONE);
      result[1] = result[1].add(b);
    }
    return result;
  }

  /** True division, correctly rounded even where the operands do not fit a {@code float}. */
  private static double quotient(BigInteger a, BigInteger b) {
    if (b.signum() == 0) {
      throw PythonError.zeroDivision("division by zero");
    }
    if (a.bitLength() <= 53 && b.bitLength() <= 53) {
      return a.doubleValue() / b.doubleValue();
    }
    // Truncated far beyond the precision of a double; a sticky digit keeps the rounding right.
    var context = new MathContext(40, RoundingMode.DOWN);
    var result = new BigDecimal(a).divide(new BigDecimal(b), context);
    if (result.multiply(new BigDecimal(b)).compareTo(new BigDecimal(a)) != 0) {
      result = result.add(new BigDecimal(BigInteger.valueOf(result.signum()), result.scale() + 20));
    }
    double rounded = result.doubleValue();
    if (Double.isInfinite(rounded)) {
      throw PythonError.overflow("integer division result too large for a float");
    }
    return rounded;
  }

  private static Object power(BigInteger base, BigInteger exponent) {
    if (exponent.signum() < 0) {
      return floatPower(real(normalised(base)), real(normalised(exponent)));
    }
    if (exponent.signum() == 0) {
      return 1L;
    }
    if (base.abs().compareTo(BigInteger.ONE) <= 0) {
      return normalised(exponent.testBit(0) ? base : base.abs());
    }
    checkBits(
        exponent.bitLength() > 31
            ? Long.MAX_VALUE
            : (base.abs().bitLength() - 1L) * exponent.longValue());
    return normalised(base.pow(exponent.intValueExact()));
  }

  private static BigInteger shift(BigInteger value, BigInteger count, boolean left) {
    if (count.signum() < 0) {
      throw PythonError.value("negative shift count");
    }
    if (value.signum() == 0) {
      return value;
    }
    if (left) {
      checkBits(count.bitLength() > 31 ? Long.MAX_VALUE : value.bitLength() + count.longValue());
      return value.shiftLeft(count.intValueExact());
    }
    return count.bitLength() > 31
        ? BigInteger.valueOf(value.signum() < 0 ? -1 : 0)
        : value.shiftRight(count.intValueExact());
  }

  // ---- float

  private static Object floats(Expr.BinaryOp op, Object left, Object right) {
    switch (op) {
      case BIT_AND, BIT_OR, BIT_XOR, SHL, SHR, MAT_MUL:
        return null;
      default:
    }
    double a = real(left);
    double b = real(right);
    return switch (op) {
      case ADD -> a + b;
      case SUB -> a - b;
      case MUL -> a * b;
      case DIV -> {
        if (b == 0) {
          throw PythonError.zeroDivision("float division by zero");
        }
        yield a / b;
      }
      case FLOOR_DIV -> floorDivide(a, b);
      case MOD -> {
        if (b == 0) {
          throw PythonError.zeroDivision("float modulo");
        }
        yield modulo(a, b);
      }
      case POW -> floatPower(a, b);
      case MAT_MUL, BIT_AND, BIT_OR, BIT_XOR, SHL, SHR -> null;
    };
  }

  /** The remainder with the divisor's sign. */
  static double modulo(double a, double b) {
    double remainder = a % b;
    if (remainder == 0) {
      return Math.copySign(0.0, b);
    }
    return remainder < 0 != b < 0 ? remainder + b : remainder;
  }

  /**
   * As CPython computes it: from the exact remainder, so that {@code a // b * b + a % b} is near
   * {@code a}.
   */
  static double floorDivide(double a, double b) {
    if (b == 0) {
      throw PythonError.zeroDivision("float floor division by zero");
    }
    double remainder = a % b;
    double quotient = (a - remainder) / b;
    if (remainder != 0 && remainder < 0 != b < 0) {
      quotient -= 1;
    }
    if (quotient == 0) {
      return Math.copySign(0.0, a / b);
    }
    double floor = Math.floor(quotient);
    return quotient - floor > 0.5 ? floor + 1 : floor;
  }

  static double floatPower(double base, double exponent) {
    if (base == 0 && exponent < 0) {
      throw PythonError.zeroDivision("0.0 cannot be raised to a negative power");
    }
    if (base == 1 || exponent == 0) {
      return 1;
    }
    if (base == -1 && Double.isInfinite(exponent)) {
      return 1;
    }
    double result = Math.pow(base, exponent);
    if (base < 0
        && Double.isFinite(base)
        && Double.isFinite(exponent)
        && exponent != Math.rint(exponent)) {
      throw PythonError.unsupported("the power of a negative number with a fraction is complex");
    }
    if (Double.isInfinite(result) && Double.isFinite(base) && Double.isFinite(exponent)) {
      throw PythonError.overflow("(34, 'Numerical result out of range')");
    }
    return result;
  }

  // ---- both

  /** An operator on one number; null where Python has none. {@code not} is not among them. */
  static Object unary(Expr.UnaryOp op, Object value) {
    if (value instanceof Double number) {
      return switch (op) {
        case PLUS -> number;
        case MINUS -> -number;
        case INVERT, NOT -> null;
      };
    }
    return switch (op) {
      case PLUS -> asInt(value);
      case MINUS -> normalised(big(value).negate());
      case INVERT -> normalised(big(value).not());
      case NOT -> null;
    };
  }

  static boolean isZero(Object value) {
    return value instanceof Double number ? number == 0 : big(value).signum() == 0;
  }

  /** The sign of {@code left - right}, exactly; neither is NaN. */
  static int compare(Object left, Object right) {
    if (left instanceof Long a && right instanceof Long b) {
      return Long.compare(a, b);
    }
    if (left instanceof Double a && right instanceof Double b) {
      return a < b ? -1 : a > b ? 1 : 0;
    }
    if (left instanceof Double a) {
      return Double.isInfinite(a)
          ? (a > 0 ? 1 : -1)
          : new BigDecimal(a).compareTo(new BigDecimal(big(right)));
    }
    if (right instanceof Double) {
      return -compare(right, left);
    }
    return big(left).compareTo(big(right));
  }

  static boolean isNan(Object value) {
    return value instanceof Double number && number.isNaN();
  }

  /** A {@code float} rounded to an {@code int} by the mode. */
  static Object rounded(double value, RoundingMode mode) {
    if (Double.isNaN(value)) {
      throw PythonError.value("cannot convert float NaN to integer");
    }
    if (Double.isInfinite(value)) {
      throw PythonError.overflow("cannot convert float infinity to integer");
    }
    var result = new BigDecimal(value).setScale(0, mode).toBigInteger();
    return result.compareTo(LONG_MIN) >= 0 && result.compareTo(LONG_MAX) <= 0
        ? (Object) result.longValue()
        : result;
  }
}
