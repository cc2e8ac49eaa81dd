package dev.kiln.tests.benchmarks.peer;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.normalization.LayerNorm;
import dev.kiln.kernels.normalization.RmsNorm;
import dev.kiln.kernels.normalization.Softmax;
import dev.kiln.references.torch.Torch;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.cpu.CpuDevice;
import dev.kiln.tests.benchmarks.Inputs;
import java.util.List;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.LongArrayRef;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** Softmax and normalization of rows. libtorch writes to given memory where it can. */
final class NormalizationRows {
  private static final int ROWS = 1024;
  private static final int COLUMNS = 4096;
  private static final double EPS = 1e-5;
  private static final double EXACT = 1e-5;

  private NormalizationRows() {}

  static List<PeerRow> all() {
    return List.of(
        PeerRow.of("torch-softmax", "softmax 1024 x 4096", 1.0, NormalizationRows::softmax),
        PeerRow.of(
            "torch-layernorm",
            "layer norm 1024 x 4096, with weight and bias",
            1.5,
            NormalizationRows::layerNorm),
        PeerRow.of(
            "torch-rmsnorm", "RMS norm 1024 x 4096, with weight", 1.0, NormalizationRows::rmsNorm),
        PeerRow.of(
                "torch-residual-layernorm",
                "residual + layer norm 1024 x 4096",
                2.0,
                NormalizationRows::residualLayerNorm)
            .withMemory());
  }

  private static Contest softmax(CpuDevice device) {
    var softmax = new Softmax(device);
    NdArray x = Inputs.normal(device, 1, ROWS, COLUMNS);
    NdArray y = NdArray.zeros(device, DType.FP32, ROWS, COLUMNS);
    Tensor torchX = Torch.copy(x);
    Tensor torchY = Torch.copy(y);
    return Contest.of(
        () -> softmax.forward(x, Softmax.Options.SOFTMAX, y),
        Torch.program(() -> torch.softmax_out(torchY, torchX, 1)),
        Agreement.of("y", y, () -> Torch.floats(torchY), EXACT));
  }

  private static Contest layerNorm(CpuDevice device) {
    var norm = new LayerNorm(device);
    NdArray x = Inputs.normal(device, 1, ROWS, COLUMNS);
    NdArray weight = Inputs.normal(device, 2, COLUMNS);
    NdArray bias = Inputs.normal(device, 3, COLUMNS);
    NdArray y = NdArray.zeros(device, DType.FP32, ROWS, COLUMNS);
    NdArray mean = NdArray.zeros(device, DType.FP32, ROWS);
    NdArray rstd = NdArray.zeros(device, DType.FP32, ROWS);
    Tensor torchX = Torch.copy(x);
    var torchNorm = new TorchLayerNorm(weight, bias);
    return Contest.of(
        () -> norm.forward(x, weight, bias, EPS, y, mean, rstd),
        Torch.program(() -> torchNorm.of(torchX)),
        Agreement.of("y", y, Torch.result(() -> torchNorm.of(torchX)), EXACT));
  }

  private static Contest residualLayerNorm(CpuDevice device) {
    var norm = new LayerNorm(device);
    NdArray x = Inputs.normal(device, 1, ROWS, COLUMNS);
    NdArray residual = Inputs.normal(device, 4, ROWS, COLUMNS);
    NdArray weight = Inputs.normal(device, 2, COLUMNS);
    NdArray bias = Inputs.normal(device, 3, COLUMNS);
    NdArray sum = NdArray.zeros(device, DType.FP32, ROWS, COLUMNS);
    NdArray y = NdArray.zeros(device, DType.FP32, ROWS, COLUMNS);
    NdArray mean = NdArray.zeros(device, DType.FP32, ROWS);
    NdArray rstd = NdArray.zeros(device, DType.FP32, ROWS);
    Tensor torchX = Torch.copy(x);
    Tensor torchResidual = Torch.copy(residual);
    Tensor torchSum = Torch.copy(sum);
    var torchNorm = new TorchLayerNorm(weight, bias);
    return Contest.of(
        () -> norm.forwardAdd(x, residual, sum, weight, bias, EPS, y, mean, rstd),
        Torch.program(
            () -> {
              torch.add_out(torchSum, torchX, torchResidual);
              return torchNorm.of(torchSum);
            }),
        Agreement.of("sum", sum, () -> Torch.floats(torchSum), EXACT),
        Agreement.of("y", y, Torch.result(() -> torchNorm.of(torchSum)), EXACT));
  }

  private static Contest rmsNorm(CpuDevice device) {
    var norm = new RmsNorm(device);
    NdArray x = Inputs.normal(device, 1, ROWS, COLUMNS);
    NdArray weight = Inputs.normal(device, 2, COLUMNS);
    NdArray y = NdArray.zeros(device, DType.FP32, ROWS, COLUMNS);
    NdArray rstd = NdArray.zeros(device, DType.FP32, ROWS);
    Tensor torchX = Torch.copy(x);
    TensorOptional torchWeight = Torch.some(Torch.copy(weight));
    LongArrayRef sizes = Torch.sizes(COLUMNS);
    var eps = new DoubleOptional(EPS);
    return Contest.of(
        () -> norm.forward(x, weight, EPS, y, rstd),
        Torch.program(() -> torch.rms_norm(torchX, sizes, torchWeight, eps)),
        Agreement.of(
            "y", y, Torch.result(() -> torch.rms_norm(torchX, sizes, torchWeight, eps)), EXACT));
  }

  /** libtorch's layer norm. Its form for given memory copies what the other form has allocated. */
  private static final class TorchLayerNorm {
    private final TensorOptional weight;
    private final TensorOptional bias;
    private final LongArrayRef sizes = Torch.sizes(COLUMNS);

    TorchLayerNorm(NdArray weight, NdArray bias) {
      this.weight = Torch.some(Torch.copy(weight));
      this.bias = Torch.some(Torch.copy(bias));
    }

    Tensor of(Tensor x) {
      return torch.native_layer_norm(x, sizes, weight, bias, EPS).get0();
    }
  }
}
