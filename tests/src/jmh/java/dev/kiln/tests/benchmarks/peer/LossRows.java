package dev.kiln.tests.benchmarks.peer;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.loss.CrossEntropy;
import dev.kiln.kernels.loss.LinearCrossEntropy;
import dev.kiln.kernels.loss.LossGradient;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.cpu.CpuDevice;
import dev.kiln.tests.benchmarks.Inputs;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Losses with their gradients. libtorch's come from its automatic differentiation. */
final class LossRows {
  private static final int ROWS = 1024;
  private static final int CLASSES = 32_000;
  private static final int FEATURES = 256;
  private static final double EXACT = 1e-5;

  /** Products add up in another order. */
  private static final double PRODUCT = 1e-4;

  private LossRows() {}

  static List<PeerRow> all() {
    return List.of(
        PeerRow.of(
                "torch-cross-entropy",
                "softmax + cross-entropy with gradient, 1024 x 32,000",
                2.0,
                LossRows::crossEntropy)
            .withMemory(),
        PeerRow.of(
                "torch-linear-cross-entropy",
                "linear + cross-entropy with all gradients, 1024 x 256 by 32,000 classes",
                2.0,
                LossRows::linearCrossEntropy)
            .withMemory());
  }

  private static long[] targets() {
    long[] targets = new long[ROWS];
    for (int i = 0; i < ROWS; i++) {
      targets[i] = i * 7919L % CLASSES;
    }
    return targets;
  }

  private static Contest crossEntropy(CpuDevice device) {
    var crossEntropy = new CrossEntropy(device);
    var options = CrossEntropy.Options.DEFAULT;
    NdArray logits = Inputs.normal(device, 1, ROWS, CLASSES);
    NdArray targets = NdArray.of(device, targets(), ROWS);
    NdArray losses = NdArray.zeros(device, DType.FP32, ROWS);
    NdArray grads = NdArray.zeros(device, DType.FP32, ROWS, CLASSES);
    NdArray weight = NdArray.zeros(device, DType.FP32, 1);
    NdArray mean = NdArray.zeros(device, DType.FP32, 1);
    Tensor torchLogits = Torch.copy(logits).requires_grad_(true);
    Tensor torchTargets = Torch.of(targets(), ROWS);
    return Contest.of(
        () -> {
          crossEntropy.rowWeight(targets, options, weight);
          crossEntropy.run(logits, targets, options, losses, grads, weight, 1);
          crossEntropy.mean(losses, weight, mean);
        },
        Torch.program(() -> gradient(torchLogits, torchTargets)),
        Agreement.of(
            "grads", grads, Torch.result(() -> gradient(torchLogits, torchTargets)), EXACT),
        Agreement.of(
            "mean",
            mean,
            Torch.result(() -> torch.cross_entropy_loss(torchLogits, torchTargets)),
            EXACT));
  }

  private static Contest linearCrossEntropy(CpuDevice device) {
    var kernel = new LinearCrossEntropy(device);
    var crossEntropy = new CrossEntropy(device);
    var options = CrossEntropy.Options.DEFAULT;
    NdArray x = Inputs.normal(device, 1, ROWS, FEATURES);
    NdArray w = Inputs.normal(device, 2, CLASSES, FEATURES);
    NdArray targets = NdArray.of(device, targets(), ROWS);
    NdArray losses = NdArray.zeros(device, DType.FP32, ROWS);
    NdArray weight = NdArray.zeros(device, DType.FP32, 1);
    NdArray mean = NdArray.zeros(device, DType.FP32, 1);
    NdArray dx = NdArray.zeros(device, DType.FP32, ROWS, FEATURES);
    NdArray dw = NdArray.zeros(device, DType.FP32, CLASSES, FEATURES);
    var gradients =
        new LinearCrossEntropy.Gradients(dx, dw, null, LossGradient.NONE.withWeight(weight));
    Tensor torchX = Torch.copy(x).requires_grad_(true);
    Tensor torchW = Torch.copy(w).requires_grad_(true);
    Tensor torchTargets = Torch.of(targets(), ROWS);
    return Contest.of(
        () -> {
          crossEntropy.rowWeight(targets, options, weight);
          kernel.run(x, w, null, targets, options, losses, null, gradients);
          crossEntropy.mean(losses, weight, mean);
        },
        Torch.program(() -> gradients(torchX, torchW, torchTargets).get(0)),
        Agreement.of(
            "dx", dx, Torch.result(() -> gradients(torchX, torchW, torchTargets).get(0)), PRODUCT),
        Agreement.of(
            "dw", dw, Torch.result(() -> gradients(torchX, torchW, torchTargets).get(1)), PRODUCT));
  }

  private static TensorVector gradients(Tensor x, Tensor w, Tensor targets) {
    Tensor loss = torch.cross_entropy_loss(torch.linear(x, w), targets);
    return torch.grad(new TensorVector(loss), new TensorVector(x, w));
  }

  private static Tensor gradient(Tensor logits, Tensor targets) {
    Tensor loss = torch.cross_entropy_loss(logits, targets);
    return torch.grad(new TensorVector(loss), new TensorVector(logits)).get(0);
  }
}
