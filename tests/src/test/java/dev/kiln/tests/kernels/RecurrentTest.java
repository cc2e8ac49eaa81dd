package dev.kiln.tests.kernels;

import static dev.kiln.tests.kernels.Refusal.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.recurrent.Gru;
import dev.kiln.kernels.recurrent.Lstm;
import dev.kiln.kernels.recurrent.RecurrentGradients;
import dev.kiln.kernels.recurrent.RecurrentLayer;
import dev.kiln.kernels.recurrent.RecurrentSequence;
import dev.kiln.kernels.recurrent.RecurrentWeights;
import dev.kiln.kernels.recurrent.Rnn;
import dev.kiln.kernels.reference.GruReference;
import dev.kiln.kernels.reference.LstmReference;
import dev.kiln.kernels.reference.RecurrentReference;
import dev.kiln.kernels.reference.RecurrentReference.Cell;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class RecurrentTest {
  @ParameterizedTest
  @MethodSource("dev.kiln.tests.kernels.Cases#tiles")
  void lstmGatesAreWithinTheErrorRule(String name, DType dtype, int rows, int columns) {
    Device device = Cases.device(name);
    Batch sums = Batch.normal(dtype, 1, rows, 4 * columns);
    Batch c = Batch.normal(dtype, 2, rows, columns);
    double[] bias = Cases.normal(dtype, 3, 4 * columns);
    var reference = new LstmReference(rows, columns, bias, null, 1);
    NdArray gates = Cases.unset(device, dtype, rows, 4 * columns);
    NdArray cNext = Cases.unset(device, dtype, rows, columns);
    NdArray h = Cases.unset(device, dtype, rows, columns);
    try (var lstm = new Lstm(device)) {
      NdArray b = NdArray.of(device, dtype, bias, 4 * columns);
      lstm.cellForward(sums.on(device, dtype), b, null, c.on(device, dtype), gates, cNext, h);
      Batch.check("gates", gates, r -> forward(reference, r, sums, c).gates(), 9);
      Batch.check("c", cNext, r -> forward(reference, r, sums, c).c(), 9);
      Batch.check("h", h, r -> forward(reference, r, sums, c).h(), 9);

      Batch saved = saved(reference, dtype, sums, c);
      Batch dh = Batch.normal(dtype, 4, rows, columns);
      Batch dc = Batch.normal(dtype, 5, rows, columns);
      NdArray dsums = saved.on(device, dtype);
      NdArray dcBefore = dc.on(device, dtype);
      NdArray before = c.on(device, dtype);
      lstm.cellBackward(dh.on(device, dtype), dcBefore, dsums, before, before, dsums, dcBefore);
      Batch.check("dsums", dsums, r -> backward(reference, r, saved, c, dh, dc).dsums(), 9);
      Batch.check("dc", dcBefore, r -> backward(reference, r, saved, c, dh, dc).dc(), 9);
    }
  }

  /** Gates that the dtype holds. */
  private static Batch saved(LstmReference reference, DType dtype, Batch sums, Batch c) {
    double[] gates = forward(reference, Rounding.EXACT, sums, c).gates();
    return new Batch(Rounding.to(dtype).of(gates), sums.columns());
  }

  private static LstmReference.Step forward(LstmReference l, Rounding r, Batch sums, Batch c) {
    return l.forward(r, sums.values(), c.values());
  }

  private static LstmReference.Gradients backward(
      LstmReference l, Rounding r, Batch gates, Batch c, Batch dh, Batch dc) {
    return l.backward(r, gates.values(), c.values(), c.values(), dh.values(), dc.values());
  }

  @ParameterizedTest
  @MethodSource("dev.kiln.tests.kernels.Cases#tiles")
  void gruGatesAreWithinTheErrorRule(String name, DType dtype, int rows, int columns) {
    Device device = Cases.device(name);
    double[] sums = Cases.normal(dtype, 1, rows * 3 * columns);
    double[] stateSums = Cases.normal(dtype, 2, rows * 3 * columns);
    Batch h = Batch.normal(dtype, 3, rows, columns);
    var reference = new GruReference(rows, columns);
    NdArray gates = Cases.unset(device, dtype, rows, 4 * columns);
    NdArray hNext = Cases.unset(device, dtype, rows, columns);
    try (var gru = new Gru(device)) {
      gru.cellForward(
          NdArray.of(device, dtype, sums, rows, 3 * columns),
          NdArray.of(device, dtype, stateSums, rows, 3 * columns),
          null,
          null,
          h.on(device, dtype),
          gates,
          hNext);
      Batch.check(
          "gates", gates, r -> reference.forward(r, sums, stateSums, h.values()).gates(), 9);
      Batch.check("h", hNext, r -> reference.forward(r, sums, stateSums, h.values()).h(), 9);

      double[] saved =
          Rounding.to(dtype)
              .of(reference.forward(Rounding.EXACT, sums, stateSums, h.values()).gates());
      double[] dh = Cases.normal(dtype, 4, rows * columns);
      NdArray dhPart = NdArray.of(device, dtype, dh, rows, columns);
      NdArray dsums = Cases.unset(device, dtype, rows, 3 * columns);
      NdArray dstateSums = Cases.unset(device, dtype, rows, 3 * columns);
      gru.cellBackward(
          dhPart,
          NdArray.of(device, dtype, saved, rows, 4 * columns),
          h.on(device, dtype),
          dsums,
          dstateSums,
          dhPart);
      Batch.check("dsums", dsums, r -> reference.backward(r, saved, h.values(), dh).dsums(), 9);
      Batch.check(
          "dstateSums",
          dstateSums,
          r -> reference.backward(r, saved, h.values(), dh).dstateSums(),
          9);
      Batch.check("dh", dhPart, r -> reference.backward(r, saved, h.values(), dh).dh(), 9);
    }
  }

  /** A layer with random numbers, in double precision. */
  private static RecurrentReference problem(Cell cell, boolean isReversed) {
    int steps = 3;
    int batch = 2;
    int inputs = 3;
    int columns = 4;
    int width = cell.gates() * columns;
    return new RecurrentReference(
        cell,
        steps,
        batch,
        inputs,
        columns,
        isReversed,
        numbers(1, steps * batch * inputs),
        numbers(2, batch * columns),
        cell == Cell.LSTM ? numbers(3, batch * columns) : null,
        numbers(4, width * inputs),
        numbers(5, width * columns),
        numbers(6, width),
        numbers(7, width));
  }

  private static double[] numbers(int seed, int n) {
    return Cases.normal(DType.FP64, seed, n);
  }

  static Stream<Arguments> layers() {
    return Stream.of(Cell.values())
        .flatMap(
            cell ->
                Stream.of(
                    Arguments.of(Cases.TESTED, cell, false),
                    Arguments.of(Cases.TESTED, cell, true),
                    Arguments.of("eval", cell, false)));
  }

  @ParameterizedTest
  @MethodSource("layers")
  void sequencesAndTheirGradientsAreAsDefined(String name, Cell cell, boolean isReversed) {
    RecurrentReference p = problem(cell, isReversed);
    var run = new Run(Cases.device(name), p);
    int states = p.steps() * p.batch() * p.columns();
    double[] all = p.run();
    double[] expected = Arrays.copyOf(all, states);
    ErrorRule.checkFp64("y", run.sequence.y().toDoubles(), expected, 100);
    // The loss weighs all states, the last one twice, and the last cells.
    double[] dy = numbers(8, states);
    double[] dh = numbers(9, p.batch() * p.columns());
    double[] dc = numbers(10, p.batch() * p.columns());
    run.backward(dy, dh, dc);
    int last = (isReversed ? 0 : p.steps() - 1) * dh.length;
    UnaryOperator<double[]> weights =
        y -> {
          double[] w = Arrays.copyOf(dy, y.length);
          for (int i = 0; i < dh.length; i++) {
            w[last + i] += dh[i];
            w[states + i] = dc[i];
          }
          return w;
        };
    check("dx", p, p.x(), run.gradients.dx(), weights);
    check("dh0", p, p.h0(), run.gradients.dh0(), weights);
    check("dw", p, p.w(), run.gradients.weights().input(), weights);
    check("du", p, p.u(), run.gradients.weights().state(), weights);
    check("db", p, p.b(), run.gradients.weights().inputBias(), weights);
    check("dv", p, p.v(), run.gradients.weights().stateBias(), weights);
    if (cell == Cell.LSTM) {
      check("dc0", p, p.c0(), run.gradients.dc0(), weights);
    }
  }

  private static void check(
      String what,
      RecurrentReference p,
      double[] parameter,
      NdArray gradient,
      UnaryOperator<double[]> weights) {
    NumericalGradient.check(
        what,
        changed -> {
          double[] y = p.run();
          double[] w = weights.apply(y);
          double sum = 0;
          for (int i = 0; i < y.length; i++) {
            sum += w[i] * y[i];
          }
          return sum;
        },
        parameter,
        gradient.toDoubles());
  }

  static Stream<Arguments> steps() {
    return Stream.concat(
        Cases.DTYPES.stream().map(dtype -> Arguments.of(Cases.TESTED, dtype)),
        Stream.of(Arguments.of("eval", DType.FP32)));
  }

  @ParameterizedTest
  @MethodSource("steps")
  void aStepRoundsItsStateOnce(String name, DType dtype) {
    Device device = Cases.device(name);
    double[] x = Cases.normal(dtype, 11, 3 * 4);
    double[] h = Cases.normal(dtype, 12, 3 * 5);
    double[] c = Cases.normal(dtype, 13, 3 * 5);
    double[] w = Cases.normal(dtype, 14, 20 * 4);
    double[] u = Cases.normal(dtype, 15, 20 * 5);
    double[] b = Cases.normal(dtype, 16, 20);
    var weights =
        new RecurrentWeights(
            NdArray.of(device, dtype, w, 20, 4),
            NdArray.of(device, dtype, u, 20, 5),
            null,
            NdArray.of(device, dtype, b, 20));
    NdArray state = NdArray.of(device, dtype, h, 3, 5);
    NdArray cells = NdArray.of(device, dtype, c, 3, 5);
    try (var lstm = new Lstm(device)) {
      lstm.step(NdArray.of(device, dtype, x, 3, 4), state, cells, weights, cells, state);
    }
    var reference = new LstmReference(3, 5, b, null, 1);
    Batch.check("h", state, r -> reference.forward(r, sums(r, x, w, h, u), c).h(), 9);
    Batch.check("c", cells, r -> reference.forward(r, sums(r, x, w, h, u), c).c(), 9);
  }

  private static double[] sums(Rounding r, double[] x, double[] w, double[] h, double[] u) {
    double[] sums = new double[3 * 20];
    for (int i = 0; i < sums.length; i++) {
      for (int k = 0; k < 4; k++) {
        sums[i] = r.of(sums[i] + r.of(x[i / 20 * 4 + k] * w[i % 20 * 4 + k]));
      }
      for (int k = 0; k < 5; k++) {
        sums[i] = r.of(sums[i] + r.of(h[i / 20 * 5 + k] * u[i % 20 * 5 + k]));
      }
    }
    return sums;
  }

  @Test
  void plainCellsAreTheirActivation() {
    for (Device device : Cases.devices()) {
      NdArray sums = NdArray.of(device, new float[] {-2, 1, 3}, 1, 3);
      NdArray bias = NdArray.of(device, new float[] {1, 1, -4}, 3);
      NdArray dh = NdArray.of(device, new float[] {5, 6, 7}, 1, 3);
      try (var rnn = new Rnn(device, true)) {
        rnn.cellForward(sums, bias, null, sums);
        rnn.cellBackward(dh, sums, dh);
      }
      assertThat(sums.toDoubles()).containsExactly(0, 2, 0);
      assertThat(dh.toDoubles()).containsExactly(0, 6, 0);
    }
  }

  @Test
  void gradientsMayBeWrittenOverTheGates() {
    Device device = Cases.tested();
    RecurrentReference p = problem(Cell.LSTM, false);
    double[] dy = numbers(8, 24);
    var apart = new Run(device, p);
    apart.backward(dy, numbers(9, 8), numbers(10, 8));
    var over = new Run(device, p);
    over.backward(over.sequence.gates(), dy, numbers(9, 8), numbers(10, 8));
    assertThat(over.gradients.dx().toDoubles()).isEqualTo(apart.gradients.dx().toDoubles());
    assertThat(over.gradients.dc0().toDoubles()).isEqualTo(apart.gradients.dc0().toDoubles());
  }

  @Test
  void refusesWhatDoesNotFit() {
    Device device = Cases.tested();
    NdArray c = NdArray.zeros(device, DType.FP32, 2, 3);
    NdArray sums = NdArray.zeros(device, DType.FP32, 2, 12);
    try (var lstm = new Lstm(device);
        var gru = new Gru(device);
        var rnn = new Rnn(device, false)) {
      refused(
          () -> lstm.cellForward(c, null, null, c, null, c, c),
          "Lstm: argument 'sums' must be of 2 x 12, but is fp32[2, 3] on cpu");
      refused(
          () -> lstm.cellForward(sums, c, null, c, null, c, c),
          "Lstm: argument 'inputBias' must be a vector of 12, but is fp32[2, 3] on cpu");
      refused(
          () -> lstm.cellForward(sums, null, null, c, null, c, c),
          "Lstm: argument 'hNext' must not be 'cNext'");
      refused(
          () -> gru.cellBackward(c, sums, c, sums.narrow(1, 0, 9), sums.narrow(1, 0, 9), c),
          "Gru: argument 'dstateSums' must not be 'dsums'");
      refused(
          () ->
              rnn.cellForward(c, null, null, NdArray.zeros(device, DType.FP32, 3, 2).permute(1, 0)),
          "Rnn: argument 'h' must have rows without gaps, but is fp32[2, 3] on cpu");
      refused(
          () -> rnn.cellForward(NdArray.zeros(device, DType.FP64, 2, 3), null, null, c),
          "Rnn: argument 'sums' must be fp64 exactly if the others are, but is fp64[2, 3] on cpu");
    }
  }

  @Test
  void refusesSequencesThatDoNotFit() {
    Device device = Cases.tested();
    var run = new Run(device, problem(Cell.LSTM, false));
    RecurrentSequence s = run.sequence;
    try (var lstm = new Lstm(device);
        var gru = new Gru(device)) {
      refused(
          () -> lstm.forward(with(s, s.x().reshape(6, 3), s.c0(), s.y())),
          "Lstm: argument 'x' must have axes for steps, batch and inputs, but is fp64[6, 3] on"
              + " cpu");
      refused(() -> lstm.forward(with(s, s.x(), null, s.y())), "Lstm: argument 'c0' must be there");
      refused(
          () -> lstm.forward(with(s, s.x(), s.c0(), s.y().narrow(0, 0, 2))),
          "Lstm: argument 'y' must be of 3 x 2 x 4, but is fp64[2, 2, 4] on cpu");
      refused(
          () -> gru.forward(s),
          "Gru: argument 'weights.input' must be of 12 x 3, but is fp64[16, 3] on cpu");
      refused(
          () ->
              lstm.backward(
                  s, new RecurrentGradients(null, null, null, null, null, null, null, null, null)),
          "Lstm: argument 'dsums' must be there");
    }
  }

  private static RecurrentSequence with(RecurrentSequence s, NdArray x, NdArray c0, NdArray y) {
    return new RecurrentSequence(
        x, s.h0(), c0, s.weights(), s.isReversed(), y, s.cells(), s.gates());
  }

  /** A layer that has run over its sequence. */
  private static final class Run {
    private final Device device;
    private final RecurrentReference p;
    private final RecurrentSequence sequence;
    private RecurrentGradients gradients;

    Run(Device device, RecurrentReference p) {
      this.device = device;
      this.p = p;
      int width = p.cell().gates() * p.columns();
      sequence =
          new RecurrentSequence(
              of(p.x(), p.steps(), p.batch(), p.inputs()),
              of(p.h0(), p.batch(), p.columns()),
              p.c0() == null ? null : of(p.c0(), p.batch(), p.columns()),
              new RecurrentWeights(
                  of(p.w(), width, p.inputs()),
                  of(p.u(), width, p.columns()),
                  of(p.b(), width),
                  of(p.v(), width)),
              p.isReversed(),
              unset(p.steps(), p.batch(), p.columns()),
              p.c0() == null ? null : unset(p.steps(), p.batch(), p.columns()),
              unset(p.steps(), p.batch(), 4 * p.columns()));
      try (RecurrentLayer layer = layer()) {
        layer.forward(sequence);
      }
    }

    private RecurrentLayer layer() {
      return switch (p.cell()) {
        case LSTM -> new Lstm(device);
        case GRU -> new Gru(device);
        case TANH -> new Rnn(device, false);
        case RELU -> new Rnn(device, true);
      };
    }

    void backward(double[] dy, double[] dh, double[] dc) {
      backward(unset(p.steps(), p.batch(), p.cell().gates() * p.columns()), dy, dh, dc);
    }

    void backward(NdArray dsums, double[] dy, double[] dh, double[] dc) {
      int width = p.cell().gates() * p.columns();
      gradients =
          new RecurrentGradients(
              of(dy, p.steps(), p.batch(), p.columns()),
              of(dh, p.batch(), p.columns()),
              of(dc, p.batch(), p.columns()),
              dsums,
              unset(p.steps(), p.batch(), width),
              unset(p.steps(), p.batch(), p.inputs()),
              unset(p.batch(), p.columns()),
              unset(p.batch(), p.columns()),
              new RecurrentWeights(
                  unset(width, p.inputs()), unset(width, p.columns()), unset(width), unset(width)));
      try (RecurrentLayer layer = layer()) {
        layer.backward(sequence, gradients);
      }
    }

    private NdArray of(double[] values, long... shape) {
      return NdArray.of(device, DType.FP64, values, shape);
    }

    private NdArray unset(long... shape) {
      return Cases.unset(device, DType.FP64, shape);
    }
  }
}
