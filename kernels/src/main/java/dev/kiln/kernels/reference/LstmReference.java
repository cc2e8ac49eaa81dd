package dev.kiln.kernels.reference;

import dev.kiln.kernels.elementwise.Activation;

/**
 * The gates of an LSTM and of a convolutional one.
 *
 * @param rows of all matrices
 * @param columns of a gate: a row of sums holds i, f, g, o one after the other
 * @param bias of the four gates; or null
 * @param peepholes of i, f, o, for {@code period} rows each; or null
 * @param period after so many rows peepholes repeat
 */
public record LstmReference(int rows, int columns, double[] bias, double[] peepholes, int period) {
  /** Gates, cells and state behind a step. */
  public record Step(double[] gates, double[] c, double[] h) {}

  /** Gradients of the sums and of the cells before a step. */
  public record Gradients(double[] dsums, double[] dc) {}

  public Step forward(Rounding r, double[] sums, double[] cBefore) {
    var step = new Step(new double[4 * size()], new double[size()], new double[size()]);
    for (int at = 0; at < size(); at++) {
      double before = cBefore[at];
      double i = sigmoid(r, r.of(sum(r, sums, at, 0) + r.of(peephole(at, 0) * before)));
      double f = sigmoid(r, r.of(sum(r, sums, at, 1) + r.of(peephole(at, 1) * before)));
      double g = tanh(r, sum(r, sums, at, 2));
      double c = r.of(r.of(f * before) + r.of(i * g));
      double o = sigmoid(r, r.of(sum(r, sums, at, 3) + r.of(peephole(at, 2) * c)));
      step.gates[gate(at, 0)] = i;
      step.gates[gate(at, 1)] = f;
      step.gates[gate(at, 2)] = g;
      step.gates[gate(at, 3)] = o;
      step.c[at] = c;
      step.h[at] = r.of(o * tanh(r, c));
    }
    return step;
  }

  /**
   * @param gates what {@link #forward} gave
   * @param dh of the state behind the step
   * @param dcBehind of the cells behind it
   */
  public Gradients backward(
      Rounding r, double[] gates, double[] cBefore, double[] c, double[] dh, double[] dcBehind) {
    var result = new Gradients(new double[4 * size()], new double[size()]);
    for (int at = 0; at < size(); at++) {
      double i = gates[gate(at, 0)];
      double f = gates[gate(at, 1)];
      double g = gates[gate(at, 2)];
      double o = gates[gate(at, 3)];
      double t = tanh(r, c[at]);
      double dO = r.of(r.of(dh[at] * t) * slope(r, o));
      double dc = r.of(dcBehind[at] + r.of(r.of(dh[at] * o) * r.of(1 - r.of(t * t))));
      dc = r.of(dc + r.of(dO * peephole(at, 2)));
      double di = r.of(r.of(dc * g) * slope(r, i));
      double df = r.of(r.of(dc * cBefore[at]) * slope(r, f));
      double before = r.of(r.of(dc * f) + r.of(di * peephole(at, 0)));
      result.dsums[gate(at, 0)] = di;
      result.dsums[gate(at, 1)] = df;
      result.dsums[gate(at, 2)] = r.of(r.of(dc * i) * r.of(1 - r.of(g * g)));
      result.dsums[gate(at, 3)] = dO;
      result.dc[at] = r.of(before + r.of(df * peephole(at, 1)));
    }
    return result;
  }

  /** The gradient of the peepholes. */
  public double[] peepholeGradient(Rounding r, double[] dsums, double[] cBefore, double[] c) {
    double[] sum = new double[3 * period * columns];
    for (int at = 0; at < size(); at++) {
      add(r, sum, place(at, 0), dsums[gate(at, 0)] * cBefore[at]);
      add(r, sum, place(at, 1), dsums[gate(at, 1)] * cBefore[at]);
      add(r, sum, place(at, 2), dsums[gate(at, 3)] * c[at]);
    }
    return sum;
  }

  private static void add(Rounding r, double[] sums, int at, double term) {
    sums[at] = r.of(sums[at] + r.of(term));
  }

  private int size() {
    return rows * columns;
  }

  private int gate(int at, int gate) {
    return (at / columns * 4 + gate) * columns + at % columns;
  }

  private double sum(Rounding r, double[] sums, int at, int gate) {
    double b = bias == null ? 0 : bias[gate * columns + at % columns];
    return r.of(sums[gate(at, gate)] + b);
  }

  private int place(int at, int which) {
    return (which * period + at / columns % period) * columns + at % columns;
  }

  private double peephole(int at, int which) {
    return peepholes == null ? 0 : peepholes[place(at, which)];
  }

  private static double slope(Rounding r, double s) {
    return r.of(s * r.of(1 - s));
  }

  private static double sigmoid(Rounding r, double x) {
    return ActivationReference.value(r, Activation.SIGMOID, x);
  }

  private static double tanh(Rounding r, double x) {
    return ActivationReference.value(r, Activation.TANH, x);
  }
}
