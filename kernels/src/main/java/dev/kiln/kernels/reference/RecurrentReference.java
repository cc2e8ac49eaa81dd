package dev.kiln.kernels.reference;

import dev.kiln.kernels.elementwise.Activation;

/**
 * A run of a recurrent layer over a sequence, in double precision: the states of all steps.
 *
 * @param cell what one step does
 * @param x {@code steps x batch x inputs}
 * @param h0 {@code batch x columns}
 * @param c0 likewise, of an LSTM; null for others
 * @param w {@code gates columns x inputs}
 * @param u {@code gates columns x columns}
 * @param b of the input's sums
 * @param v of the state's sums
 */
public record RecurrentReference(
    Cell cell,
    int steps,
    int batch,
    int inputs,
    int columns,
    boolean isReversed,
    double[] x,
    double[] h0,
    double[] c0,
    double[] w,
    double[] u,
    double[] b,
    double[] v) {
  /** What a layer is made of. */
  public enum Cell {
    LSTM(4),
    GRU(3),
    TANH(1),
    RELU(1);

    private final int gates;

    Cell(int gates) {
      this.gates = gates;
    }

    public int gates() {
      return gates;
    }
  }

  /** States of all elements, and at the end the cells of the last step of an LSTM. */
  public double[] run() {
    double[] y = new double[(steps + 1) * batch * columns];
    double[] h = h0;
    double[] c = c0;
    for (int step = 0; step < steps; step++) {
      int at = isReversed ? steps - 1 - step : step;
      double[] sums = product(x, at * batch * inputs, inputs, w, b);
      double[] stateSums = product(h, 0, columns, u, v);
      switch (cell) {
        case LSTM -> {
          var next =
              new LstmReference(batch, columns, null, null, 1)
                  .forward(Rounding.EXACT, sum(sums, stateSums), c);
          h = next.h();
          c = next.c();
        }
        case GRU ->
            h = new GruReference(batch, columns).forward(Rounding.EXACT, sums, stateSums, h).h();
        case TANH, RELU -> h = activate(sum(sums, stateSums));
      }
      System.arraycopy(h, 0, y, at * h.length, h.length);
    }
    if (c != null) {
      System.arraycopy(c, 0, y, steps * c.length, c.length);
    }
    return y;
  }

  private double[] activate(double[] sums) {
    Activation activation = cell == Cell.RELU ? Activation.RELU : Activation.TANH;
    double[] h = new double[sums.length];
    for (int i = 0; i < h.length; i++) {
      h[i] = ActivationReference.value(Rounding.EXACT, activation, sums[i]);
    }
    return h;
  }

  private static double[] sum(double[] a, double[] b) {
    double[] sum = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      sum[i] = a[i] + b[i];
    }
    return sum;
  }

  /** Rows from {@code first} on, times the transposed matrix, plus a bias. */
  private double[] product(double[] rows, int first, int depth, double[] matrix, double[] bias) {
    int width = cell.gates() * columns;
    double[] result = new double[batch * width];
    for (int i = 0; i < result.length; i++) {
      result[i] = bias[i % width];
      for (int k = 0; k < depth; k++) {
        result[i] += rows[first + i / width * depth + k] * matrix[i % width * depth + k];
      }
    }
    return result;
  }
}
