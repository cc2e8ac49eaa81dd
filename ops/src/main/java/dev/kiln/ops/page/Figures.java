package dev.kiln.ops.page;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/** Numbers as people read them: few digits, no needless zeros. */
public final class Figures {
  private static final String[] MULTIPLES = {"", "k", "M", "G", "T", "P"};

  private Figures() {}

  /** With so many significant digits: {@code 0.0123}, {@code 12,345}, {@code 1.2e-7}. */
  public static String of(double value, int digits) {
    if (Double.isNaN(value)) {
      return "NaN";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "∞" : "−∞";
    }
    double size = Math.abs(value);
    if (size != 0 && (size < 1e-4 || size >= 1e9)) {
      return power(value, digits);
    }
    int whole = (int) Math.floor(Math.log10(Math.max(1, size))) + 1;
    // Digits before the point are never made zeros.
    MathContext context = new MathContext(Math.max(digits, whole));
    BigDecimal rounded = new BigDecimal(value).round(context);
    int places = Math.max(0, rounded.stripTrailingZeros().scale());
    return signed(String.format(Locale.ROOT, "%,." + places + "f", rounded));
  }

  public static String of(double value) {
    return of(value, 4);
  }

  private static String power(double value, int digits) {
    String text = String.format(Locale.ROOT, "%." + (digits - 1) + "e", value);
    int e = text.indexOf('e');
    String mantissa = text.substring(0, e);
    String shorter = mantissa.contains(".") ? mantissa.replaceAll("\\.?0+$", "") : mantissa;
    return signed(shorter + "e" + Integer.parseInt(text.substring(e + 1)));
  }

  /** With k, M, G: for steps and rates of work. */
  public static String brief(double value) {
    if (!Double.isFinite(value)) {
      return of(value);
    }
    double size = value;
    int multiple = 0;
    while (Math.abs(size) >= 1000 && multiple < MULTIPLES.length - 1) {
      size /= 1000;
      multiple++;
    }
    return of(size, 3) + MULTIPLES[multiple];
  }

  public static String seconds(double seconds) {
    if (seconds < 1e-3) {
      return of(seconds * 1e6, 3) + " µs";
    }
    if (seconds < 1) {
      return of(seconds * 1e3, 3) + " ms";
    }
    if (seconds < 60) {
      return of(seconds, 3) + " s";
    }
    long whole = Math.round(seconds);
    return whole < 3600
        ? "%d min %d s".formatted(whole / 60, whole % 60)
        : "%d h %d min".formatted(whole / 3600, whole % 3600 / 60);
  }

  /** With one digit after the point, so that columns align. */
  public static String percent(double part) {
    return signed(String.format(Locale.ROOT, "%.1f %%", 100 * part));
  }

  /** Coordinates: a tenth of a pixel is enough. */
  public static String pixel(double value) {
    long tenths = Math.round(value * 10);
    return tenths % 10 == 0 ? Long.toString(tenths / 10) : Double.toString(tenths / 10.0);
  }

  private static String signed(String text) {
    return text.startsWith("-") ? "−" + text.substring(1) : text;
  }
}
