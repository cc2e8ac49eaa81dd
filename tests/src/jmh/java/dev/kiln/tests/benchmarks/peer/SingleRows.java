package dev.kiln.tests.benchmarks.peer;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.elementwise.Activations;
import dev.kiln.kernels.optimizer.AdamW;
import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.Launch;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.cpu.CpuDevice;
import dev.kiln.tests.benchmarks.Benchmarks;
import dev.kiln.tests.benchmarks.Inputs;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Work that libtorch, too, does in one operation, element by element or row by row. */
final class SingleRows {
  private static final int ROWS = 1024;
  private static final int COLUMNS = 4096;
  private static final int GELU = 4 << 20;
  private static final int PARAMETERS = 16 << 20;
  private static final double EXACT = 1e-5;

  private SingleRows() {}

  static List<PeerRow> all() {
    return List.of(
        PeerRow.of("torch-softmax", "softmax 1024 x 4096", 1.0, SingleRows::softmax),
        PeerRow.of(
            "torch-gelu-tanh",
            "GELU (tanh), 4 M numbers",
            1.5,
            device -> gelu(device, Activation.GELU_TANH, "tanh")),
        PeerRow.of(
            "torch-gelu-erf",
            "GELU (erf), 4 M numbers",
            1.5,
            device -> gelu(device, Activation.GELU, "none")),
        PeerRow.of(
            "torch-adamw", "AdamW, 16 M parameters (_fused_adamw_)", 1.0, SingleRows::adamW));
  }

  private static Contest softmax(CpuDevice device) {
    NdArray x = Inputs.normal(device, 1, ROWS, COLUMNS);
    NdArray y = NdArray.zeros(device, DType.FP32, ROWS, COLUMNS);
    Launch launch =
        KernelModule.resource(Benchmarks.class, "softmax.py")
            .kernel("softmax")
            .on(device)
            .args(x, y, COLUMNS, COLUMNS, COLUMNS);
    Tensor torchX = Torch.copy(x);
    Tensor torchY = Torch.copy(y);
    return Contest.of(
        () -> launch.launch(ROWS, 1, 1),
        Torch.program(() -> torch.softmax_out(torchY, torchX, 1)),
        Agreement.of("y", y, () -> Torch.floats(torchY), EXACT));
  }

  private static Contest gelu(CpuDevice device, Activation activation, String approximation) {
    var activations = new Activations(device);
    NdArray x = Inputs.normal(device, 1, GELU);
    NdArray y = NdArray.zeros(device, DType.FP32, GELU);
    Tensor torchX = Torch.copy(x);
    Tensor torchY = Torch.copy(y);
    return Contest.of(
        () -> activations.forward(activation, x, y),
        Torch.program(() -> torch.gelu_out(torchY, torchX, approximation)),
        Agreement.of("y", y, () -> Torch.floats(torchY), EXACT));
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
