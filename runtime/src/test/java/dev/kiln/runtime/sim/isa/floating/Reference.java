package dev.kiln.runtime.sim.isa.floating;

import dev.kiln.runtime.sim.isa.floating.Exact.Format;
import java.math.BigDecimal;

/** IEEE arithmetic on bits by exact arithmetic, each result rounded once. */
public record Reference(Format format, Rounding rounding) {

  public long add(long a, long b) {
    return fma(a, one(), b);
  }

  public long sub(long a, long b) {
    return isNan(b) ? nan(a, b) : add(a, b ^ format.sign());
  }

  public long mul(long a, long b) {
    double x = format.number(a);
    double y = format.number(b);
    if (isNan(a) || isNan(b)) {
      return nan(a, b);
    }
    if (!Double.isFinite(x) || !Double.isFinite(y) || x == 0 || y == 0) {
      return format.special(x * y);
    }
    return round(new BigDecimal(x).multiply(new BigDecimal(y)), 0);
  }

  public long fma(long a, long b, long c) {
    double x = format.number(a);
    double y = format.number(b);
    double z = format.number(c);
    if (isNan(a) || isNan(b) || isNan(c)) {
      return nan(a, b, c);
    }
    boolean negativeProduct = ((a ^ b) & format.sign()) != 0;
    boolean negativeSum = (c & format.sign()) != 0;
    if (Double.isInfinite(x) || Double.isInfinite(y)) {
      return format.special(x * y + z);
    }
    if (Double.isInfinite(z)) {
      return c;
    }
    BigDecimal exact = new BigDecimal(x).multiply(new BigDecimal(y)).add(new BigDecimal(z));
    boolean negativeZero = negativeProduct == negativeSum ? negativeSum : rounding == Rounding.DOWN;
    return round(exact, negativeZero ? format.sign() : 0);
  }

  public long div(long a, long b) {
    double x = format.number(a);
    double y = format.number(b);
    if (isNan(a) || isNan(b)) {
      return nan(a, b);
    }
    if (!Double.isFinite(x) || !Double.isFinite(y) || x == 0 || y == 0) {
      return format.special(x / y);
    }
    return Exact.quotient(new BigDecimal(x), new BigDecimal(y)).round(format, rounding, false);
  }

  public long rcp(long a) {
    return div(one(), a);
  }

  public long sqrt(long a) {
    double x = format.number(a);
    if (isNan(a)) {
      return nan(a);
    }
    if (!(x > 0) || Double.isInfinite(x)) {
      return format.special(Math.sqrt(x));
    }
    return Exact.root(new BigDecimal(x)).round(format, rounding, false);
  }

  private long round(BigDecimal exact, long zero) {
    return exact.signum() == 0 ? zero : new Exact(exact).round(format, rounding, false);
  }

  private long one() {
    return new Exact(BigDecimal.ONE).round(format, Rounding.NEAREST, false);
  }

  private boolean isNan(long bits) {
    double value = format.number(bits);
    return value != value;
  }

  /** Canonical but for {@code .f64}, where the first NaN stays. */
  private long nan(long... operands) {
    if (format == Format.F64) {
      for (long operand : operands) {
        if (isNan(operand)) {
          return operand | 0x0008_0000_0000_0000L;
        }
      }
    }
    return format.nan;
  }
}
