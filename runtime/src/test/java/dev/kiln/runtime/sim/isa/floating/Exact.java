package dev.kiln.runtime.sim.isa.floating;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.function.ToIntFunction;

/**
 * An exact number other than zero, known by comparing its magnitude with others; the reference for
 * every rounding. It is rounded by searching among the numbers of a format.
 *
 * @param guess near the magnitude, where the search begins
 * @param compare sign of the magnitude minus another number
 */
public record Exact(boolean negative, double guess, ToIntFunction<BigDecimal> compare) {

  /** An interchange format, or one like it. */
  public enum Format {
    F16(5, 10, 0x7fff),
    BF16(8, 7, 0x7fff),
    TF32(8, 10, 0),
    F32(8, 23, 0x7fff_ffffL),
    F64(11, 52, 0xfff8_0000_0000_0000L),
    E5M2(5, 2, 0x7f),
    E4M3(4, 3, 0x7f),
    E3M2(3, 2, 0x1f),
    E2M3(2, 3, 0x1f),
    E2M1(2, 1, 0x7);

    public final int exponentBits;
    public final int fractionBits;
    public final long nan;

    Format(int exponentBits, int fractionBits, long nan) {
      this.exponentBits = exponentBits;
      this.fractionBits = fractionBits;
      this.nan = nan;
    }

    public long sign() {
      return 1L << (exponentBits + fractionBits);
    }

    /** Code of the largest finite number. */
    public long largest() {
      return switch (this) {
        case E4M3 -> 0x7e;
        case E3M2, E2M3, E2M1 -> sign() - 1;
        default -> sign() - (1L << fractionBits) - 1;
      };
    }

    /** The magnitude of a code, also of the one after the largest. */
    public BigDecimal magnitude(long code) {
      long exponent = code >>> fractionBits;
      long fraction = code & ((1L << fractionBits) - 1);
      int bias = (1 << (exponentBits - 1)) - 1;
      long significand = exponent == 0 ? fraction : fraction + (1L << fractionBits);
      return power((int) Math.max(exponent, 1) - bias - fractionBits)
          .multiply(BigDecimal.valueOf(significand));
    }

    /** The number of a code, zeros with their sign, infinities and NaN. */
    public double number(long bits) {
      long code = bits & (sign() - 1);
      double value;
      if (code <= largest()) {
        value = magnitude(code).doubleValue();
      } else {
        boolean infinite = this != E4M3 && code == largest() + 1;
        value = infinite ? Double.POSITIVE_INFINITY : Double.NaN;
      }
      return (bits & sign()) == 0 ? value : -value;
    }

    /** Bits of a zero, an infinity or NaN. */
    public long special(double value) {
      if (value != value) {
        return nan;
      }
      long code = Double.isInfinite(value) ? largest() + 1 : 0;
      return 1 / value < 0 || value < 0 ? code | sign() : code;
    }

    public boolean isSubnormal(long bits) {
      long code = bits & (sign() - 1);
      return code != 0 && code < 1L << fractionBits;
    }

    /** {@code .ftz}. */
    public long flush(long bits) {
      return isSubnormal(bits) ? bits & sign() : bits;
    }

    /** {@code .sat}. */
    public long saturate(long bits) {
      double value = number(bits);
      return value > 1 ? special0(1) : value > 0 ? bits : 0;
    }

    private long special0(double value) {
      return new Exact(BigDecimal.valueOf(value)).round(this, Rounding.NEAREST, false);
    }

    /** {@code .relu}. */
    public long clampBelow(long bits) {
      return number(bits) != number(bits) || (bits & sign()) == 0 ? bits : 0;
    }
  }

  private static final BigDecimal TWO = BigDecimal.valueOf(2);
  private static final BigDecimal HALF = new BigDecimal("0.5");
  private static final BigDecimal[] POWERS = new BigDecimal[2400];

  static BigDecimal power(int exponent) {
    BigDecimal known = POWERS[exponent + 1200];
    if (known == null) {
      known = exponent < 0 ? HALF.pow(-exponent) : TWO.pow(exponent);
      POWERS[exponent + 1200] = known;
    }
    return known;
  }

  public Exact(BigDecimal value) {
    this(value.signum() < 0, value.abs().doubleValue(), value.abs()::compareTo);
  }

  public static Exact quotient(BigDecimal x, BigDecimal y) {
    return new Exact(
        x.signum() * y.signum() < 0,
        x.divide(y, MathContext.DECIMAL64).abs().doubleValue(),
        candidate -> x.abs().compareTo(candidate.multiply(y.abs())));
  }

  public static Exact root(BigDecimal x) {
    return new Exact(
        false,
        x.sqrt(MathContext.DECIMAL64).doubleValue(),
        candidate -> x.compareTo(candidate.multiply(candidate)));
  }

  /**
   * Bits of the number of the format that stands for this one.
   *
   * @param finite never infinity
   */
  public long round(Format format, Rounding rounding, boolean finite) {
    long sign = negative ? format.sign() : 0;
    long below = below(format);
    if (compare.applyAsInt(format.magnitude(below)) == 0 && below <= format.largest()) {
      return sign | below;
    }
    BigDecimal middle = format.magnitude(below).add(format.magnitude(below + 1)).multiply(HALF);
    int side = compare.applyAsInt(middle);
    boolean up =
        switch (rounding) {
          case ZERO -> false;
          case DOWN -> negative;
          case UP -> !negative;
          case AWAY -> side >= 0;
          case NEAREST -> side > 0 || (side == 0 && (below & 1) == 1);
        };
    long code = up ? below + 1 : below;
    boolean noInfinity = finite || format == Format.E4M3 || format.nan < 0x20 && format.nan > 0;
    return sign | (noInfinity ? Math.min(code, format.largest()) : code);
  }

  /** The largest finite code whose number is not above this one. */
  private long below(Format format) {
    long code = guess(format);
    while (code > 0 && compare.applyAsInt(format.magnitude(code)) < 0) {
      code--;
    }
    while (code < format.largest() && compare.applyAsInt(format.magnitude(code + 1)) >= 0) {
      code++;
    }
    return code;
  }

  private long guess(Format format) {
    if (format == Format.F64) {
      return Math.min(Double.doubleToLongBits(guess), format.largest());
    }
    if (format == Format.F32) {
      return Math.min(Float.floatToIntBits((float) guess), format.largest());
    }
    long low = 0;
    long high = format.largest();
    while (low < high) {
      long middle = (low + high + 1) / 2;
      if (compare.applyAsInt(format.magnitude(middle)) >= 0) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }
}
