package dev.kiln.runtime.sim.isa.tensor;

import java.math.BigDecimal;

/** Rounding modifiers of f64 products. */
enum DoubleRounding {
  RN,
  RZ,
  RM,
  RP;

  /** {@code a * b + c}, rounded once. */
  double fma(double a, double b, double c) {
    double nearest = Math.fma(a, b, c);
    if (this == RN || !Double.isFinite(a) || !Double.isFinite(b) || !Double.isFinite(c)) {
      return nearest;
    }
    BigDecimal exact = new BigDecimal(a).multiply(new BigDecimal(b)).add(new BigDecimal(c));
    if (exact.signum() == 0) {
      return zero(a, b, c, nearest);
    }
    boolean down = this == RM || this == RZ && exact.signum() > 0;
    if (Double.isInfinite(nearest)) {
      boolean away = down == nearest < 0;
      return away ? nearest : Math.copySign(Double.MAX_VALUE, nearest);
    }
    int order = new BigDecimal(nearest).compareTo(exact);
    if (down) {
      return order > 0 ? Math.nextDown(nearest) : nearest;
    }
    return order < 0 ? Math.nextUp(nearest) : nearest;
  }

  /** A sum of zero is negative with RM, but where both terms are positive zeros. */
  private double zero(double a, double b, double c, double nearest) {
    boolean negativeProduct =
        Double.doubleToRawLongBits(a) < 0 != Double.doubleToRawLongBits(b) < 0;
    boolean negativeTerm = Double.doubleToRawLongBits(c) < 0;
    return this == RM && negativeProduct != negativeTerm ? -0.0 : nearest;
  }
}
