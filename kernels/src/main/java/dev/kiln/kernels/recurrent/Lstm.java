package dev.kiln.kernels.recurrent;

import static dev.kiln.kernels.recurrent.RecurrentSequence.part;

import dev.kiln.kernels.elementwise.RowTile;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.Workspace;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;

/**
 * Long short-term memory (Hochreiter and Schmidhuber, 1997), with gates in PyTorch's order i, f, g,
 * o:
 *
 * <pre>
 *     i, f, o = sigmoid(x w^T + h u^T + biases)    c' = f c + i g
 *     g       = tanh(x w^T + h u^T + biases)       h' = o tanh(c')
 * </pre>
 *
 * <p>Matrices have rows without gaps, at any distance: fp32, fp16, bf16, or fp64 together.
 */
public final class Lstm extends RecurrentLayer {
  private static final String NAME = "Lstm";
  private static final int GATES = 4;
  private static final long NO_PERIOD = 1;

  private final LstmGates gates;
  private final Workspace stepSpace;
  private final Workspace cellSpace;

  public Lstm(Device device) {
    super(NAME, GATES, device);
    gates = new LstmGates(device);
    stepSpace = new Workspace(device);
    cellSpace = new Workspace(device);
  }

  /**
   * A step: both products and the gates.
   *
   * @param x {@code B x I}
   * @param h the state before, {@code B x H}, of the dtype of {@code x}
   * @param c the cells before, {@code B x H}
   * @param cNext receives the cells; may be {@code c}
   * @param hNext receives the state; may be {@code h}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void step(
      NdArray x, NdArray h, NdArray c, RecurrentWeights weights, NdArray cNext, NdArray hNext) {
    arguments.state("h", h);
    long rows = h.dim(0);
    long columns = h.dim(1);
    arguments.state("x", x);
    arguments.matrix("x", x, rows, x.dim(1), h);
    arguments.matrix("weights.input", weights.input(), GATES * columns, x.dim(1), x);
    arguments.matrix("weights.state", weights.state(), GATES * columns, columns, x);
    NdArray sums = stepSpace.array(RowTile.compute(x), rows, GATES * columns);
    checkGates(sums, weights.inputBias(), weights.stateBias(), c, null, cNext, hNext);
    if (sums.size() == 0) {
      return;
    }
    inputSums(x, weights, sums);
    addStateSums(h, weights, sums);
    gates.forward(
        sums, weights.inputBias(), weights.stateBias(), null, NO_PERIOD, c, null, cNext, hNext);
  }

  /**
   * The gates alone.
   *
   * @param sums {@code B x 4 H}: of the input and the state by the weights
   * @param inputBias {@code 4 H} numbers, or null
   * @param stateBias likewise
   * @param c the cells before, {@code B x H}
   * @param saved receives the gates for {@link #cellBackward}, {@code B x 4 H}; may be {@code
   *     sums}; or null
   * @param cNext receives the cells; may be {@code c}
   * @param hNext receives the state
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void cellForward(
      NdArray sums,
      NdArray inputBias,
      NdArray stateBias,
      NdArray c,
      NdArray saved,
      NdArray cNext,
      NdArray hNext) {
    checkGates(sums, inputBias, stateBias, c, saved, cNext, hNext);
    gates.forward(sums, inputBias, stateBias, null, NO_PERIOD, c, saved, cNext, hNext);
  }

  private void checkGates(
      NdArray sums,
      NdArray inputBias,
      NdArray stateBias,
      NdArray c,
      NdArray saved,
      NdArray cNext,
      NdArray hNext) {
    arguments.state("c", c);
    long rows = c.dim(0);
    long columns = c.dim(1);
    arguments.matrix("sums", sums, rows, GATES * columns, c);
    arguments.optionalVector("inputBias", inputBias, GATES * columns, c);
    arguments.optionalVector("stateBias", stateBias, GATES * columns, c);
    arguments.optionalMatrix("saved", saved, rows, GATES * columns, c);
    arguments.matrix("cNext", cNext, rows, columns, c);
    arguments.matrix("hNext", hNext, rows, columns, c);
    Check.apart(NAME, "hNext", hNext, "cNext", cNext);
  }

  /**
   * The gradients of a step, as far as the sums.
   *
   * @param dh of the state behind the step, {@code B x H}
   * @param dc of the cells behind it; or null for 0
   * @param saved what {@link #cellForward} wrote
   * @param c the cells before the step
   * @param cNext the cells behind it
   * @param dsums receives that of the sums, {@code B x 4 H}; may be {@code saved}
   * @param dcPrevious receives that of the cells before; may be {@code dc}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void cellBackward(
      NdArray dh,
      NdArray dc,
      NdArray saved,
      NdArray c,
      NdArray cNext,
      NdArray dsums,
      NdArray dcPrevious) {
    arguments.state("c", c);
    long rows = c.dim(0);
    long columns = c.dim(1);
    arguments.matrix("dh", dh, rows, columns, c);
    arguments.optionalMatrix("dc", dc, rows, columns, c);
    arguments.matrix("saved", saved, rows, GATES * columns, c);
    arguments.matrix("cNext", cNext, rows, columns, c);
    arguments.matrix("dsums", dsums, rows, GATES * columns, c);
    arguments.matrix("dcPrevious", dcPrevious, rows, columns, c);
    gates.backward(dh, dc, saved, null, NO_PERIOD, c, cNext, dsums, dcPrevious);
  }

  @Override
  NdArray givenSums(RecurrentSequence s) {
    return s.gates();
  }

  @Override
  void forward(RecurrentSequence s, long step, NdArray sums) {
    addStateSums(s.stateBefore(step), s.weights(), sums);
    long at = s.at(step);
    gates.forward(
        sums,
        s.weights().inputBias(),
        s.weights().stateBias(),
        null,
        NO_PERIOD,
        s.cellsBefore(step),
        part(s.gates(), at),
        part(s.cells(), at),
        part(s.y(), at));
  }

  @Override
  void backward(RecurrentSequence s, RecurrentGradients g, long step, NdArray dh) {
    long at = s.at(step);
    NdArray kept = cellSpace.array(dh.dtype(), s.batch(), s.columns());
    gates.backward(
        dh,
        step == s.steps() - 1 ? g.dc() : kept,
        part(s.gates(), at),
        null,
        NO_PERIOD,
        s.cellsBefore(step),
        part(s.cells(), at),
        part(g.dsums(), at),
        step == 0 && g.dc0() != null ? g.dc0() : kept);
  }

  @Override
  void checkRest(RecurrentSequence s) {
    arguments.present("c0", s.c0());
    arguments.matrix("c0", s.c0(), s.batch(), s.columns(), s.x());
    arguments.present("cells", s.cells());
    arguments.sequence("cells", s.cells(), s.steps(), s.batch(), s.columns(), s.x());
    arguments.optionalSequence(
        "gates", s.gates(), s.steps(), s.batch(), GATES * s.columns(), s.x());
  }

  @Override
  void checkRest(RecurrentSequence s, RecurrentGradients g) {
    arguments.present("gates", s.gates());
    arguments.optionalMatrix("dc", g.dc(), s.batch(), s.columns(), s.x());
    arguments.optionalMatrix("dc0", g.dc0(), s.batch(), s.columns(), s.x());
  }

  @Override
  public void close() {
    super.close();
    stepSpace.close();
    cellSpace.close();
  }
}
