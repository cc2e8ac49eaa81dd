package dev.kiln.ops.nn.sequence;

import dev.kiln.ops.function.Recurrences;
import dev.kiln.ops.nn.Counted;
import dev.kiln.ops.nn.Initialization;
import dev.kiln.ops.nn.Module;
import dev.kiln.ops.nn.Work;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Recurrent layers one above the other. Parameters are named as in PyTorch: {@code weight_ih_l0},
 * {@code weight_hh_l0}, {@code bias_ih_l0}, {@code bias_hh_l0}, then {@code _reverse} of the other
 * direction, then {@code l1}; first values are even between plus and minus {@code 1/sqrt(hidden)}.
 */
public abstract sealed class Recurrent extends Module implements Counted permits Rnn, Lstm, Gru {
  private final Recurrences.Cell cell;
  private final RecurrentOptions options;
  private final List<Recurrences.Weights> weights = new ArrayList<>();

  Recurrent(Context context, Recurrences.Cell cell, RecurrentOptions options) {
    super(context);
    this.cell = cell;
    this.options = options;
    double bound = 1 / Math.sqrt(options.hidden());
    Initialization even = Initialization.uniform(-bound, bound);
    long rows = cell.gates() * options.hidden();
    for (int layer = 0; layer < options.layers(); layer++) {
      long inputs = layer == 0 ? options.inputs() : options.directions() * options.hidden();
      for (int direction = 0; direction < options.directions(); direction++) {
        String end = "_l" + layer + (direction == 0 ? "" : "_reverse");
        weights.add(
            new Recurrences.Weights(
                parameter("weight_ih" + end, even.make(context, rows, inputs)),
                parameter("weight_hh" + end, even.make(context, rows, options.hidden())),
                bias("bias_ih" + end, even, rows),
                bias("bias_hh" + end, even, rows)));
      }
    }
  }

  /** A layer of a kind of cells. */
  public static Recurrent of(Context context, Recurrences.Cell cell, RecurrentOptions options) {
    return switch (cell) {
      case RNN_TANH -> new Rnn(context, options);
      case RNN_RELU -> new Rnn(context, options, true);
      case LSTM -> new Lstm(context, options);
      case GRU -> new Gru(context, options);
    };
  }

  private Tensor bias(String name, Initialization even, long rows) {
    return options.hasBias() ? parameter(name, even.make(context(), rows)) : null;
  }

  public final RecurrentOptions options() {
    return options;
  }

  /** From a state of zeros. */
  public final RecurrentResult apply(Tensor x) {
    return apply(x, null, null);
  }

  /**
   * Runs over a batch of sequences.
   *
   * @param x {@code steps x batch x inputs}, or with the batch first
   * @param initial the state before; or null for zeros
   * @param lengths of the sequences: behind the end of one, results are 0, and its last state is
   *     that at its end; each from 1 to the steps; or null if all are as long
   * @throws KilnException if the shapes do not fit
   */
  public final RecurrentResult apply(Tensor x, RecurrentState initial, int[] lengths) {
    check(x, initial, lengths);
    RecurrentResult result;
    try (Scope frame = context().frame()) {
      Tensor first = options.isBatchFirst() ? x.transpose(0, 1).contiguous() : x;
      Lengths ends = lengths == null ? null : Lengths.of(context(), lengths, first.dim(0));
      result = run(first, initial, ends);
      frame.keep(result.y());
      frame.keep(result.state().hidden());
      if (result.state().cells() != null) {
        frame.keep(result.state().cells());
      }
    }
    applied(List.of(x), List.of(result.y()));
    return result;
  }

  private RecurrentResult run(Tensor x, RecurrentState initial, Lengths ends) {
    var hidden = new ArrayList<Tensor>();
    var cells = new ArrayList<Tensor>();
    Tensor y = x;
    for (int layer = 0; layer < options.layers(); layer++) {
      if (layer > 0) {
        y = y.dropout(options.dropout(), isTraining());
      }
      var sides = new ArrayList<Tensor>();
      for (int direction = 0; direction < options.directions(); direction++) {
        int at = layer * options.directions() + direction;
        sides.add(run(y, at, direction == 1, initial, ends, hidden, cells));
      }
      y = sides.size() == 1 ? sides.getFirst() : Tensor.cat(2, sides.toArray(Tensor[]::new));
    }
    Tensor allHidden = Tensor.stack(0, hidden.toArray(Tensor[]::new));
    Tensor allCells = cells.isEmpty() ? null : Tensor.stack(0, cells.toArray(Tensor[]::new));
    return new RecurrentResult(
        options.isBatchFirst() ? y.transpose(0, 1).contiguous() : y,
        new RecurrentState(allHidden, allCells));
  }

  /** One direction of a layer. */
  private Tensor run(
      Tensor x,
      int at,
      boolean isReversed,
      RecurrentState initial,
      Lengths ends,
      List<Tensor> hidden,
      List<Tensor> cells) {
    Tensor h0 = before(x, initial == null ? null : initial.hidden(), at);
    Tensor c0 = cell.hasCells() ? before(x, initial == null ? null : initial.cells(), at) : null;
    if (ends == null) {
      Recurrences.Run run = Recurrences.run(cell, x, h0, c0, weights.get(at), isReversed);
      hidden.add(run.y().select(0, isReversed ? 0 : x.dim(0) - 1));
      if (cell.hasCells()) {
        cells.add(run.cells());
      }
      return run.y();
    }
    Tensor turned = isReversed ? ends.reverse(x) : x;
    Tensor y = Recurrences.run(cell, turned, h0, c0, weights.get(at), false).y();
    hidden.add(ends.last(y));
    return ends.masked(isReversed ? ends.reverse(y) : y);
  }

  private Tensor before(Tensor x, Tensor initial, int at) {
    return initial == null
        ? context().zeros(x.dtype(), x.dim(1), options.hidden())
        : initial.select(0, at);
  }

  private void check(Tensor x, RecurrentState initial, int[] lengths) {
    String name = getClass().getSimpleName();
    if (x.rank() != 3 || x.dim(2) != options.inputs()) {
      throw new KilnException(
          "%s: x must be %s x %d, but is %s"
              .formatted(
                  name,
                  options.isBatchFirst() ? "batch x steps" : "steps x batch",
                  options.inputs(),
                  x));
    }
    long steps = x.dim(options.isBatchFirst() ? 1 : 0);
    long batch = x.dim(options.isBatchFirst() ? 0 : 1);
    if (steps < 1) {
      throw new KilnException(name + ": there must be at least one step, but x is " + x);
    }
    if (initial != null) {
      checkState(name, initial.hidden(), batch);
      if (cell.hasCells()) {
        checkState(name, initial.cells(), batch);
      }
    }
    if (lengths != null
        && (lengths.length != batch
            || Arrays.stream(lengths).anyMatch(length -> length < 1 || length > steps))) {
      throw new KilnException(
          "%s: lengths must be %d numbers from 1 to %d, but are %s"
              .formatted(name, batch, steps, Arrays.toString(lengths)));
    }
  }

  private void checkState(String name, Tensor state, long batch) {
    long[] shape = {(long) options.layers() * options.directions(), batch, options.hidden()};
    if (state == null || !Arrays.equals(state.shape(), shape)) {
      throw new KilnException(
          "%s: an initial state must have the shape %s, but is %s"
              .formatted(name, Arrays.toString(shape), state));
    }
  }

  /** The products with inputs and states. */
  @Override
  public final Work work(List<Tensor> inputs, List<Tensor> outputs) {
    Tensor x = inputs.getFirst();
    long elements = x.dim(0) * x.dim(1);
    long numbers = weights.stream().mapToLong(w -> w.input().size() + w.state().size()).sum();
    return Work.macs(elements * numbers);
  }
}
