package dev.kiln.kernels.recurrent;

import static dev.kiln.kernels.recurrent.RecurrentSequence.part;

import dev.kiln.kernels.elementwise.RowTile;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;

/**
 * A plain recurrent cell (Elman, 1990): {@code h' = tanh(x w^T + h u^T + biases)}, or relu.
 *
 * <p>Matrices have rows without gaps, at any distance: fp32, fp16, bf16, or fp64 together.
 */
public final class Rnn extends RecurrentLayer {
  private static final String NAME = "Rnn";
  private static final String FILE = "rnn.py";

  private final boolean isRelu;
  private final KernelCall forward;
  private final KernelCall backward;
  private final RowTile tile = new RowTile();

  /**
   * @param isRelu whether the activation is relu in place of tanh
   */
  public Rnn(Device device, boolean isRelu) {
    super(NAME, 1, device);
    this.isRelu = isRelu;
    forward = new KernelCall(FILE, "rnn_forward_kernel", device);
    backward = new KernelCall(FILE, "rnn_backward_kernel", device);
  }

  /**
   * Biases and activation alone.
   *
   * @param sums {@code B x H}: of the input and the state by the weights
   * @param inputBias {@code H} numbers, or null
   * @param stateBias likewise
   * @param h receives the state; may be {@code sums}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void cellForward(NdArray sums, NdArray inputBias, NdArray stateBias, NdArray h) {
    arguments.state("h", h);
    arguments.matrix("sums", sums, h.dim(0), h.dim(1), h);
    arguments.optionalVector("inputBias", inputBias, h.dim(1), h);
    arguments.optionalVector("stateBias", stateBias, h.dim(1), h);
    activate(sums, inputBias, stateBias, h);
  }

  private void activate(NdArray sums, NdArray inputBias, NdArray stateBias, NdArray h) {
    tile.of(h);
    if (tile.isEmpty()) {
      return;
    }
    forward.start().array(sums).array(inputBias).array(stateBias).array(h);
    forward.integer(tile.rows()).integer(tile.columns());
    forward.integer(RowTile.stride(sums)).integer(RowTile.stride(h));
    forward.constant(isRelu).constant(RowTile.compute(h));
    tile.over(forward);
  }

  /**
   * The gradient of the sums.
   *
   * @param dh of the state behind the step, {@code B x H}
   * @param h that state
   * @param dsums receives it; may be {@code dh}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void cellBackward(NdArray dh, NdArray h, NdArray dsums) {
    arguments.state("h", h);
    arguments.matrix("dh", dh, h.dim(0), h.dim(1), h);
    arguments.matrix("dsums", dsums, h.dim(0), h.dim(1), h);
    activateBack(dh, h, dsums);
  }

  private void activateBack(NdArray dh, NdArray h, NdArray dsums) {
    tile.of(h);
    if (tile.isEmpty()) {
      return;
    }
    backward.start().array(dh).array(h).array(dsums);
    backward.integer(tile.rows()).integer(tile.columns());
    backward.integer(RowTile.stride(dh)).integer(RowTile.stride(h)).integer(RowTile.stride(dsums));
    backward.constant(isRelu).constant(RowTile.compute(h));
    tile.over(backward);
  }

  @Override
  NdArray givenSums(RecurrentSequence s) {
    return s.y();
  }

  @Override
  void forward(RecurrentSequence s, long step, NdArray sums) {
    addStateSums(s.stateBefore(step), s.weights(), sums);
    RecurrentWeights weights = s.weights();
    activate(sums, weights.inputBias(), weights.stateBias(), part(s.y(), s.at(step)));
  }

  @Override
  void backward(RecurrentSequence s, RecurrentGradients g, long step, NdArray dh) {
    long at = s.at(step);
    activateBack(dh, part(s.y(), at), part(g.dsums(), at));
  }

  @Override
  void checkRest(RecurrentSequence s) {}

  @Override
  void checkRest(RecurrentSequence s, RecurrentGradients g) {}
}
