package dev.kiln.kernels.recurrent;

import static dev.kiln.kernels.recurrent.RecurrentSequence.part;

import dev.kiln.kernels.elementwise.RowTile;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.kernels.launch.Workspace;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;

/**
 * Gated recurrent unit (Cho et al., 2014), in PyTorch's form, with gates in the order r, z, n:
 *
 * <pre>
 *     r, z = sigmoid(x w^T + b + h u^T + v)    n = tanh(x w^T + b + r (h u^T + v))
 *     h'   = (1 - z) n + z h
 * </pre>
 *
 * <p>Matrices have rows without gaps, at any distance: fp32, fp16, bf16, or fp64 together.
 */
public final class Gru extends RecurrentLayer {
  private static final String NAME = "Gru";
  private static final String FILE = "gru.py";
  private static final int GATES = 3;

  /** The gates and the state's part of the last one. */
  private static final int SAVED = 4;

  private final KernelCall forward;
  private final KernelCall backward;
  private final Workspace stateSums;
  private final RowTile tile = new RowTile();

  public Gru(Device device) {
    super(NAME, GATES, device);
    forward = new KernelCall(FILE, "gru_forward_kernel", device);
    backward = new KernelCall(FILE, "gru_backward_kernel", device);
    stateSums = new Workspace(device);
  }

  /**
   * The gates alone.
   *
   * @param sums {@code B x 3 H}: of the input by its weights
   * @param stateSums likewise, of the state
   * @param inputBias {@code 3 H} numbers, or null
   * @param stateBias likewise
   * @param h the state before, {@code B x H}
   * @param saved receives what {@link #cellBackward} needs, {@code B x 4 H}; or null
   * @param hNext receives the state; may be {@code h}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void cellForward(
      NdArray sums,
      NdArray stateSums,
      NdArray inputBias,
      NdArray stateBias,
      NdArray h,
      NdArray saved,
      NdArray hNext) {
    arguments.state("h", h);
    long rows = h.dim(0);
    long columns = h.dim(1);
    arguments.matrix("sums", sums, rows, GATES * columns, h);
    arguments.matrix("stateSums", stateSums, rows, GATES * columns, h);
    arguments.optionalVector("inputBias", inputBias, GATES * columns, h);
    arguments.optionalVector("stateBias", stateBias, GATES * columns, h);
    arguments.optionalMatrix("saved", saved, rows, SAVED * columns, h);
    arguments.matrix("hNext", hNext, rows, columns, h);
    gates(sums, stateSums, inputBias, stateBias, h, saved, hNext);
  }

  private void gates(
      NdArray sums,
      NdArray ofState,
      NdArray inputBias,
      NdArray stateBias,
      NdArray h,
      NdArray saved,
      NdArray hNext) {
    tile.of(h);
    if (tile.isEmpty()) {
      return;
    }
    forward.start().array(sums).array(ofState).array(inputBias).array(stateBias).array(h);
    forward.array(saved).array(hNext).integer(tile.rows()).integer(tile.columns());
    forward
        .integer(RowTile.stride(sums))
        .integer(RowTile.stride(ofState))
        .integer(RowTile.stride(h))
        .integer(saved == null ? 0 : RowTile.stride(saved))
        .integer(RowTile.stride(hNext))
        .constant(RowTile.compute(h));
    tile.over(forward);
  }

  /**
   * The gradients of a step, as far as the sums.
   *
   * @param dh of the state behind the step, {@code B x H}
   * @param saved what {@link #cellForward} wrote
   * @param h the state before the step
   * @param dsums receives that of the sums of the input, {@code B x 3 H}
   * @param dstateSums receives that of the sums of the state, {@code B x 3 H}
   * @param dhPrevious receives the part of the gradient of {@code h} that does not go through the
   *     sums; may be {@code dh}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void cellBackward(
      NdArray dh, NdArray saved, NdArray h, NdArray dsums, NdArray dstateSums, NdArray dhPrevious) {
    arguments.state("h", h);
    long rows = h.dim(0);
    long columns = h.dim(1);
    arguments.matrix("dh", dh, rows, columns, h);
    arguments.matrix("saved", saved, rows, SAVED * columns, h);
    arguments.matrix("dsums", dsums, rows, GATES * columns, h);
    arguments.matrix("dstateSums", dstateSums, rows, GATES * columns, h);
    Check.apart(NAME, "dstateSums", dstateSums, "dsums", dsums);
    arguments.matrix("dhPrevious", dhPrevious, rows, columns, h);
    gatesBack(dh, saved, h, dsums, dstateSums, dhPrevious);
  }

  private void gatesBack(
      NdArray dh, NdArray saved, NdArray h, NdArray dsums, NdArray dstateSums, NdArray dhPrevious) {
    tile.of(h);
    if (tile.isEmpty()) {
      return;
    }
    backward.start().array(dh).array(saved).array(h).array(dsums).array(dstateSums);
    backward.array(dhPrevious).integer(tile.rows()).integer(tile.columns());
    backward
        .integer(RowTile.stride(dh))
        .integer(RowTile.stride(saved))
        .integer(RowTile.stride(h))
        .integer(RowTile.stride(dsums))
        .integer(RowTile.stride(dstateSums))
        .integer(RowTile.stride(dhPrevious))
        .constant(RowTile.compute(h));
    tile.over(backward);
  }

  @Override
  boolean keepsState() {
    return true;
  }

  @Override
  NdArray dstateSums(RecurrentGradients g) {
    return g.dstateSums();
  }

  @Override
  NdArray givenSums(RecurrentSequence s) {
    return null;
  }

  @Override
  void forward(RecurrentSequence s, long step, NdArray sums) {
    NdArray h = s.stateBefore(step);
    NdArray ofState = stateSums.array(sums.dtype(), s.batch(), GATES * s.columns());
    stateSums(h, s.weights(), ofState);
    long at = s.at(step);
    RecurrentWeights weights = s.weights();
    gates(
        sums,
        ofState,
        weights.inputBias(),
        weights.stateBias(),
        h,
        part(s.gates(), at),
        part(s.y(), at));
  }

  @Override
  void backward(RecurrentSequence s, RecurrentGradients g, long step, NdArray dh) {
    long at = s.at(step);
    gatesBack(
        dh,
        part(s.gates(), at),
        s.stateBefore(step),
        part(g.dsums(), at),
        part(g.dstateSums(), at),
        dh);
  }

  @Override
  void checkRest(RecurrentSequence s) {
    arguments.optionalSequence(
        "gates", s.gates(), s.steps(), s.batch(), SAVED * s.columns(), s.x());
  }

  @Override
  void checkRest(RecurrentSequence s, RecurrentGradients g) {
    arguments.present("gates", s.gates());
    arguments.present("dstateSums", g.dstateSums());
    arguments.sequence(
        "dstateSums", g.dstateSums(), s.steps(), s.batch(), GATES * s.columns(), s.x());
    Check.apart(NAME, "dstateSums", g.dstateSums(), "dsums", g.dsums());
  }

  @Override
  public void close() {
    super.close();
    stateSums.close();
  }
}
