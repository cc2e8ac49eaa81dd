package dev.kiln.tests.benchmarks.peer;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.optimizer.AdamW;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.cpu.CpuDevice;
import dev.kiln.tests.benchmarks.Inputs;
import java.util.List;

/** Optimizers against libtorch's fused ones. */
final class OptimizerRows {
  private static final int PARAMETERS = 16 << 20;
  private static final double EXACT = 1e-5;

  private OptimizerRows() {}

  static List<PeerRow> all() {
    return List.of(
        PeerRow.of(
            "torch-adamw",
            "AdamW, 16 M parameters, against `_fused_adamw_`",
            1.0,
            OptimizerRows::adamW));
  }

  private static Contest adamW(CpuDevice device) {
    var adamW = new AdamW(device);
    NdArray weights = Inputs.normal(device, 1, PARAMETERS);
    NdArray grads = Inputs.normal(device, 2, PARAMETERS);
    NdArray mean = NdArray.zeros(device, DType.FP32, PARAMETERS);
    NdArray square = NdArray.zeros(device, DType.FP32, PARAMETERS);
    var peer = new TorchAdamW(weights, grads, AdamW.Options.DEFAULT);
    var parameter = new AdamW.Parameter(weights, null, grads, mean, square);
    long[] step = {0};
    return Contest.of(
        () -> adamW.step(parameter, AdamW.Options.DEFAULT, TorchAdamW.RATE, ++step[0]),
        peer,
        Agreement.of("weights", weights, peer::weights, EXACT),
        Agreement.of("mean", mean, peer::mean, EXACT),
        Agreement.of("square", square, peer::square, EXACT));
  }
}
