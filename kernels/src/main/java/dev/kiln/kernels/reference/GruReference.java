package dev.kiln.kernels.reference;

import dev.kiln.kernels.elementwise.Activation;

/**
 * The gates of a GRU.
 *
 * @param rows of all matrices
 * @param columns of a gate: a row of sums holds r, z, n one after the other
 */
public record GruReference(int rows, int columns) {
  /** Gates with the state's part of n, {@code rows x 4 columns}; and the state behind a step. */
  public record Step(double[] gates, double[] h) {}

  /** Gradients of both sums, and the direct part of that of the state before. */
  public record Gradients(double[] dsums, double[] dstateSums, double[] dh) {}

  /** Sums with their biases. */
  public Step forward(Rounding r, double[] sums, double[] stateSums, double[] before) {
    var step = new Step(new double[4 * rows * columns], new double[rows * columns]);
    for (int at = 0; at < step.h.length; at++) {
      double reset = sigmoid(r, r.of(sums[of(at, 0, 3)] + stateSums[of(at, 0, 3)]));
      double z = sigmoid(r, r.of(sums[of(at, 1, 3)] + stateSums[of(at, 1, 3)]));
      double m = stateSums[of(at, 2, 3)];
      double n =
          ActivationReference.value(r, Activation.TANH, r.of(sums[of(at, 2, 3)] + r.of(reset * m)));
      step.gates[of(at, 0, 4)] = reset;
      step.gates[of(at, 1, 4)] = z;
      step.gates[of(at, 2, 4)] = n;
      step.gates[of(at, 3, 4)] = m;
      step.h[at] = r.of(r.of(r.of(1 - z) * n) + r.of(z * before[at]));
    }
    return step;
  }

  public Gradients backward(Rounding r, double[] gates, double[] before, double[] dh) {
    int size = rows * columns;
    var result = new Gradients(new double[3 * size], new double[3 * size], new double[size]);
    for (int at = 0; at < size; at++) {
      double reset = gates[of(at, 0, 4)];
      double z = gates[of(at, 1, 4)];
      double n = gates[of(at, 2, 4)];
      double dn = r.of(r.of(dh[at] * r.of(1 - z)) * r.of(1 - r.of(n * n)));
      double dz = r.of(r.of(dh[at] * r.of(before[at] - n)) * r.of(z * r.of(1 - z)));
      double dr = r.of(r.of(dn * gates[of(at, 3, 4)]) * r.of(reset * r.of(1 - reset)));
      for (double[] gradient : new double[][] {result.dsums, result.dstateSums}) {
        gradient[of(at, 0, 3)] = dr;
        gradient[of(at, 1, 3)] = dz;
        gradient[of(at, 2, 3)] = dn;
      }
      result.dstateSums[of(at, 2, 3)] = r.of(dn * reset);
      result.dh[at] = r.of(dh[at] * z);
    }
    return result;
  }

  private int of(int at, int gate, int gates) {
    return (at / columns * gates + gate) * columns + at % columns;
  }

  private static double sigmoid(Rounding r, double x) {
    return ActivationReference.value(r, Activation.SIGMOID, x);
  }
}
