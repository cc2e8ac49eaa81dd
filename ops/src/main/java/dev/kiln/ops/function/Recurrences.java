package dev.kiln.ops.function;

import dev.kiln.kernels.recurrent.ConvLstm;
import dev.kiln.kernels.recurrent.Gru;
import dev.kiln.kernels.recurrent.Lstm;
import dev.kiln.kernels.recurrent.RecurrentGradients;
import dev.kiln.kernels.recurrent.RecurrentLayer;
import dev.kiln.kernels.recurrent.RecurrentSequence;
import dev.kiln.kernels.recurrent.RecurrentWeights;
import dev.kiln.kernels.recurrent.Rnn;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Gradients;
import dev.kiln.ops.tensor.Operation;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Recurrent cells over sequences, with gradients through all steps. */
public final class Recurrences {
  private static final int X = 0;
  private static final int H0 = 1;
  private static final int C0 = 2;
  private static final int INPUT = 3;
  private static final int STATE = 4;
  private static final int INPUT_BIAS = 5;
  private static final int STATE_BIAS = 6;
  private static final int Y = 7;
  private static final int CELLS = 8;
  private static final int GATES = 9;

  private Recurrences() {}

  /** Kinds of cells. */
  public enum Cell {
    /** Elman's cell with tanh. */
    RNN_TANH("rnn", 1, 0),
    /** Elman's cell with ReLU. */
    RNN_RELU("rnn", 1, 0),
    /** Long short-term memory; gates in the order i, f, g, o. */
    LSTM("lstm", 4, 4),
    /** Gated recurrent unit; gates in the order r, z, n. */
    GRU("gru", 3, 4);

    private final String operation;
    private final int gates;
    private final int saved;

    Cell(String operation, int gates, int saved) {
      this.operation = operation;
      this.gates = gates;
      this.saved = saved;
    }

    /** Rows of weights for each number of the state. */
    public int gates() {
      return gates;
    }

    public boolean hasCells() {
      return this == LSTM;
    }

    RecurrentLayer launcher(Context context) {
      return switch (this) {
        case RNN_TANH -> context.launcher(Rnn.class, this, device -> new Rnn(device, false));
        case RNN_RELU -> context.launcher(Rnn.class, this, device -> new Rnn(device, true));
        case LSTM -> context.launcher(Lstm.class, Lstm::new);
        case GRU -> context.launcher(Gru.class, Gru::new);
      };
    }
  }

  /**
   * Parameters of a layer, of {@code G} gates, {@code I} inputs and {@code H} outputs.
   *
   * @param input {@code G H x I}
   * @param state {@code G H x H}
   * @param inputBias {@code G H}, or null
   * @param stateBias likewise
   */
  public record Weights(Tensor input, Tensor state, Tensor inputBias, Tensor stateBias) {}

  /**
   * What a run gives.
   *
   * @param y the state behind each element, {@code steps x batch x H}
   * @param cells those of an LSTM behind the last step, {@code batch x H}; null for others
   */
  public record Run(Tensor y, Tensor cells) {}

  /**
   * Runs a cell over a sequence.
   *
   * @param x {@code steps x batch x I}
   * @param h0 the state before the first step, {@code batch x H}
   * @param c0 likewise the cells of an LSTM; null for others
   * @param isReversed whether steps are taken from the last element to the first
   * @throws KilnException if the shapes do not fit
   */
  public static Run run(
      Cell cell, Tensor x, Tensor h0, Tensor c0, Weights weights, boolean isReversed) {
    check(cell, x, h0, c0, weights);
    Context context = x.context();
    Tensor[] in =
        context.cast(
            cell.operation,
            x,
            h0,
            c0,
            weights.input,
            weights.state,
            weights.inputBias,
            weights.stateBias);
    var operation = Operation.of(cell.operation, in);
    for (int i = X; i <= C0; i++) {
      in[i] = in[i] == null ? null : in[i].contiguous();
    }
    long steps = x.dim(0);
    long batch = x.dim(1);
    long columns = h0.dim(1);
    Tensor y = context.empty(in[X].dtype(), steps, batch, columns);
    Tensor cells = cell.hasCells() ? context.empty(y.dtype(), y.shape()) : null;
    Tensor gates =
        operation.isRecorded() && cell.saved > 0
            ? context.empty(y.dtype(), steps, batch, cell.saved * columns)
            : null;
    cell.launcher(context).forward(sequence(in, y, cells, gates, isReversed));
    List<Tensor> results = new ArrayList<>(List.of(y));
    if (cell.hasCells()) {
      results.add(last(cells, in[C0], isReversed));
    }
    Tensor[] saved = Arrays.copyOf(in, GATES + 1);
    saved[Y] = y;
    saved[CELLS] = cells;
    saved[GATES] = gates;
    operation.save(saved);
    operation.results(results, g -> backward(g, cell, isReversed));
    return new Run(y, cell.hasCells() ? results.getLast() : null);
  }

  private static RecurrentSequence sequence(
      Tensor[] in, Tensor y, Tensor cells, Tensor gates, boolean isReversed) {
    return new RecurrentSequence(
        in[X].array(),
        in[H0].array(),
        orNull(in[C0]),
        new RecurrentWeights(
            in[INPUT].array(), in[STATE].array(), orNull(in[INPUT_BIAS]), orNull(in[STATE_BIAS])),
        isReversed,
        y.array(),
        orNull(cells),
        orNull(gates));
  }

  /** A copy of the cells behind the last step. */
  private static Tensor last(Tensor cells, Tensor c0, boolean isReversed) {
    long steps = cells.dim(0);
    Tensor last = steps == 0 ? c0 : cells.select(0, isReversed ? 0 : steps - 1);
    return last.copy();
  }

  private static void backward(Gradients g, Cell cell, boolean isReversed) {
    Context context = g.context();
    Tensor[] in = new Tensor[Y];
    for (int i = X; i < Y; i++) {
      in[i] = g.saved(i);
    }
    Tensor y = g.saved(Y);
    RecurrentSequence s = sequence(in, y, g.saved(CELLS), g.saved(GATES), isReversed);
    long steps = y.dim(0);
    if (steps == 0) {
      if (cell.hasCells()) {
        g.give(C0, g.of(1));
      }
      return;
    }
    long columns = y.dim(2);
    long sums = cell.gates * columns;
    NdArray dsums = context.empty(y.dtype(), steps, y.dim(1), sums).array();
    Tensor[] grads = new Tensor[Y];
    boolean trains = false;
    for (int i = X; i < Y; i++) {
      boolean isWeight = i >= INPUT;
      trains |= isWeight && g.needs(i);
      grads[i] = in[i] == null || !isWeight && !g.needs(i) ? null : like(in[i]);
    }
    boolean isGru = cell == Cell.GRU;
    cell.launcher(context)
        .backward(
            s,
            new RecurrentGradients(
                g.has(0) ? g.of(0).contiguous().array() : null,
                null,
                cell.hasCells() && g.has(1) ? g.of(1).contiguous().array() : null,
                dsums,
                isGru ? context.empty(y.dtype(), steps, y.dim(1), sums).array() : null,
                orNull(grads[X]),
                orNull(grads[H0]),
                orNull(grads[C0]),
                trains
                    ? new RecurrentWeights(
                        grads[INPUT].array(),
                        grads[STATE].array(),
                        orNull(grads[INPUT_BIAS]),
                        orNull(grads[STATE_BIAS]))
                    : null));
    for (int i = X; i < Y; i++) {
      if (grads[i] != null && g.needs(i)) {
        g.give(i, grads[i]);
      }
    }
  }

  private static Tensor like(Tensor input) {
    return input.context().empty(input.dtype(), input.shape());
  }

  private static void check(Cell cell, Tensor x, Tensor h0, Tensor c0, Weights weights) {
    boolean fits = x.rank() == 3 && h0.rank() == 2 && h0.dim(0) == x.dim(1);
    if (!fits || cell.hasCells() && (c0 == null || !Arrays.equals(c0.shape(), h0.shape()))) {
      throw new KilnException(
          "%s: x must be steps x batch x inputs and states batch x outputs, but are %s, %s%s"
              .formatted(cell.operation, x, h0, cell.hasCells() ? ", " + c0 : ""));
    }
    long rows = cell.gates * h0.dim(1);
    if (!Arrays.equals(weights.input.shape(), new long[] {rows, x.dim(2)})
        || !Arrays.equals(weights.state.shape(), new long[] {rows, h0.dim(1)})) {
      throw new KilnException(
          "%s: weights must be [%d, %d] and [%d, %d], but are %s and %s"
              .formatted(
                  cell.operation, rows, x.dim(2), rows, h0.dim(1), weights.input, weights.state));
    }
  }

  private static NdArray orNull(Tensor tensor) {
    return tensor == null ? null : tensor.array();
  }

  /**
   * State and cells of a convolutional LSTM behind a step.
   *
   * @param h {@code batch x C x ...}
   * @param c of the shape of {@code h}
   */
  public record ConvState(Tensor h, Tensor c) {}

  /**
   * The gates of a convolutional LSTM (Shi et al., 2015).
   *
   * @param sums {@code batch x 4 C x ...}, in the order i, f, g, o, biases included
   * @param c the cells before, {@code batch x C x ...}
   * @param peepholes {@code 3 x C x ...}; or null
   * @throws KilnException if the shapes do not fit
   */
  public static ConvState convLstm(Tensor sums, Tensor c, Tensor peepholes) {
    Context context = sums.context();
    Tensor[] in = context.cast("conv_lstm", sums, c, peepholes);
    var operation = Operation.of("conv_lstm", in);
    Tensor first = in[0].contiguous();
    Tensor cells = in[1].contiguous();
    Tensor holes = in[2] == null ? null : in[2].contiguous();
    Tensor h = context.empty(cells.dtype(), cells.shape());
    Tensor next = context.empty(cells.dtype(), cells.shape());
    Tensor gates = operation.isRecorded() ? context.empty(first.dtype(), first.shape()) : null;
    gates(context)
        .forward(
            first.array(), orNull(holes), cells.array(), orNull(gates), next.array(), h.array());
    operation.save(gates, cells, next, holes);
    operation.results(List.of(h, next), Recurrences::convBackward);
    return new ConvState(h, next);
  }

  private static void convBackward(Gradients g) {
    Context context = g.context();
    Tensor gates = g.saved(0);
    NdArray c = g.saved(1).array();
    NdArray next = g.saved(2).array();
    Tensor dsums = context.empty(gates.dtype(), gates.shape());
    Tensor dc = context.empty(g.saved(1).dtype(), g.saved(1).shape());
    gates(context)
        .backward(
            g.of(0).contiguous().array(),
            g.has(1) ? g.of(1).contiguous().array() : null,
            gates.array(),
            orNull(g.saved(3)),
            c,
            next,
            dsums.array(),
            dc.array());
    g.give(0, dsums);
    g.give(1, dc);
    g.write(2, (dp, add) -> gates(context).peepholeGradient(dsums.array(), c, next, add, dp));
  }

  private static ConvLstm gates(Context context) {
    return context.launcher(ConvLstm.class, ConvLstm::new);
  }
}
