package dev.kiln.tests.benchmarks.peer;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.recurrent.Lstm;
import dev.kiln.kernels.recurrent.RecurrentWeights;
import dev.kiln.references.torch.Torch;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.cpu.CpuDevice;
import dev.kiln.tests.benchmarks.Inputs;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** One step of an LSTM, without gradients. */
final class RecurrentRows {
  private static final int BATCH = 64;
  private static final int COLUMNS = 512;
  private static final int GATES = 4 * COLUMNS;
  private static final double TOLERANCE = 1e-4;

  private RecurrentRows() {}

  static List<PeerRow> all() {
    return List.of(
        PeerRow.of(
            "torch-lstm",
            "LSTM step, batch 64, 512 inputs, 512 outputs",
            1.0,
            RecurrentRows::step));
  }

  private static Contest step(CpuDevice device) {
    var lstm = new Lstm(device);
    NdArray x = Inputs.normal(device, 1, BATCH, COLUMNS);
    NdArray h = Inputs.normal(device, 2, BATCH, COLUMNS);
    NdArray c = Inputs.normal(device, 3, BATCH, COLUMNS);
    var weights =
        new RecurrentWeights(
            weights(device, 4),
            weights(device, 5),
            Inputs.normal(device, 6, GATES),
            Inputs.normal(device, 7, GATES));
    NdArray hNext = NdArray.zeros(device, DType.FP32, BATCH, COLUMNS);
    NdArray cNext = NdArray.zeros(device, DType.FP32, BATCH, COLUMNS);
    Tensor torchX = Torch.copy(x);
    var state = new TensorVector(Torch.copy(h), Torch.copy(c));
    Tensor input = Torch.copy(weights.input());
    Tensor ofState = Torch.copy(weights.state());
    TensorOptional inputBias = Torch.some(Torch.copy(weights.inputBias()));
    TensorOptional stateBias = Torch.some(Torch.copy(weights.stateBias()));
    Supplier<Tensor> nextState =
        () -> torch.lstm_cell(torchX, state, input, ofState, inputBias, stateBias).get0();
    Supplier<Tensor> nextCells =
        () -> torch.lstm_cell(torchX, state, input, ofState, inputBias, stateBias).get1();
    return Contest.of(
        () -> lstm.step(x, h, c, weights, cNext, hNext),
        Torch.program(nextState),
        Agreement.of("h", hNext, Torch.result(nextState), TOLERANCE),
        Agreement.of("c", cNext, Torch.result(nextCells), TOLERANCE));
  }

  /** So small that gates are not at their ends. */
  private static NdArray weights(CpuDevice device, int seed) {
    float[] values = Inputs.normal(seed, GATES * COLUMNS);
    for (int i = 0; i < values.length; i++) {
      values[i] *= 0.05f;
    }
    return NdArray.of(device, values, GATES, COLUMNS);
  }
}
