package dev.kiln.tests.benchmarks.peer;

import dev.kiln.kernels.optimizer.Adam;
import dev.kiln.kernels.optimizer.Parameter;
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
    NdArray weights = Inputs.normal(device, 1, PARAMETERS);
    NdArray grads = Inputs.normal(device, 2, PARAMETERS);
    var peer = new TorchAdamW(weights, grads, Adam.Options.ADAMW);
    var adam = new Adam(device, List.of(Parameter.of(weights, grads)), Adam.Options.ADAMW);
    long[] step = {0};
    return Contest.of(
        () -> adam.step(TorchAdamW.RATE, ++step[0]),
        peer,
        Agreement.of("weights", weights, peer::weights, EXACT),
        Agreement.of("mean", adam.state(0, "mean"), peer::mean, EXACT),
        Agreement.of("square", adam.state(0, "square"), peer::square, EXACT));
  }
}
