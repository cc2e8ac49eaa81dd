package dev.kiln.kernels.reference;

import dev.kiln.kernels.elementwise.ActivationFunction;

/** {@code activation(gate) value}, of one number each. */
public final class GatedUnitsReference {
  private GatedUnitsReference() {}

  public static double value(Rounding r, ActivationFunction f, double gate, double value) {
    return r.of(ActivationReference.value(r, f, gate) * value);
  }

  public static double gateGradient(
      Rounding r, ActivationFunction f, double gate, double value, double dy) {
    return ActivationReference.gradient(r, f, gate, r.of(dy * value));
  }

  public static double valueGradient(Rounding r, ActivationFunction f, double gate, double dy) {
    return r.of(dy * ActivationReference.value(r, f, gate));
  }
}
