package dev.kiln.tests.benchmarks.peer;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.elementwise.Activations;
import dev.kiln.kernels.elementwise.BiasActivation;
import dev.kiln.kernels.elementwise.GatedUnits;
import dev.kiln.references.torch.Torch;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.cpu.CpuDevice;
import dev.kiln.tests.benchmarks.Inputs;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Activations, alone and in chains. libtorch writes to given memory. */
final class ElementwiseRows {
  private static final int ROWS = 1024;
  private static final int COLUMNS = 4096;
  private static final int GELU = 4 << 20;
  private static final double EXACT = 1e-5;

  private ElementwiseRows() {}

  static List<PeerRow> all() {
    return List.of(
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
                "torch-bias-gelu-tanh",
                "bias + GELU (tanh) 1024 x 4096",
                2.0,
                device -> biasGelu(device, Activation.GELU_TANH, "tanh"))
            .withMemory(),
        PeerRow.of(
                "torch-bias-gelu-erf",
                "bias + GELU (erf) 1024 x 4096",
                2.0,
                device -> biasGelu(device, Activation.GELU, "none"))
            .withMemory(),
        PeerRow.of("torch-swiglu", "SwiGLU 1024 x 4096", 2.0, ElementwiseRows::swiGlu)
            .withMemory());
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

  private static Contest biasGelu(CpuDevice device, Activation activation, String approximation) {
    var fused = new BiasActivation(device);
    NdArray x = Inputs.normal(device, 1, ROWS, COLUMNS);
    NdArray bias = Inputs.normal(device, 2, COLUMNS);
    NdArray y = NdArray.zeros(device, DType.FP32, ROWS, COLUMNS);
    Tensor torchX = Torch.copy(x);
    Tensor torchBias = Torch.copy(bias);
    Tensor torchSum = Torch.copy(y);
    Tensor torchY = Torch.copy(y);
    return Contest.of(
        () -> fused.forward(activation, x, bias, y),
        Torch.program(
            () -> {
              torch.add_out(torchSum, torchX, torchBias);
              return torch.gelu_out(torchY, torchSum, approximation);
            }),
        Agreement.of("y", y, () -> Torch.floats(torchY), EXACT));
  }

  private static Contest swiGlu(CpuDevice device) {
    var fused = new GatedUnits(device);
    NdArray gate = Inputs.normal(device, 1, ROWS, COLUMNS);
    NdArray value = Inputs.normal(device, 2, ROWS, COLUMNS);
    NdArray y = NdArray.zeros(device, DType.FP32, ROWS, COLUMNS);
    Tensor torchGate = Torch.copy(gate);
    Tensor torchValue = Torch.copy(value);
    Tensor torchSilu = Torch.copy(y);
    Tensor torchY = Torch.copy(y);
    return Contest.of(
        () -> fused.forward(Activation.SILU, gate, value, y),
        Torch.program(
            () -> {
              torch.silu_out(torchSilu, torchGate);
              return torch.mul_out(torchY, torchSilu, torchValue);
            }),
        Agreement.of("y", y, () -> Torch.floats(torchY), EXACT));
  }
}
