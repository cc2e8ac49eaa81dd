package dev.kiln.tests.benchmarks.peer;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.loss.CrossEntropy;
import dev.kiln.kernels.loss.Distillation;
import dev.kiln.kernels.loss.LinearCrossEntropy;
import dev.kiln.kernels.loss.LossGradient;
import dev.kiln.kernels.loss.LossSums;
import dev.kiln.references.torch.Torch;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.cpu.CpuDevice;
import dev.kiln.tests.benchmarks.Inputs;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Losses with their gradients. libtorch's come from its automatic differentiation. */
final class LossRows {
  private static final int ROWS = 1024;
  private static final int CLASSES = 32_000;
  private static final int FEATURES = 256;
  private static final double TEMPERATURE = 2;
  private static final double SOFT_PART = 0.75;

  /** {@code at::Reduction::Sum}. */
  private static final long SUM = 2;

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
            .withMemory(),
        PeerRow.of(
                "torch-distillation",
                "distillation with gradient, 1024 x 32,000",
                2.0,
                LossRows::distillation)
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

  private static Contest distillation(CpuDevice device) {
    var kernel = new Distillation(device);
    var sums = new LossSums(device);
    var options = new Distillation.Options(TEMPERATURE, SOFT_PART);
    NdArray student = Inputs.normal(device, 1, ROWS, CLASSES);
    NdArray teacher = Inputs.normal(device, 2, ROWS, CLASSES);
    NdArray targets = NdArray.of(device, targets(), ROWS);
    NdArray losses = NdArray.zeros(device, DType.FP32, ROWS);
    NdArray mean = NdArray.zeros(device, DType.FP32, 1);
    NdArray grads = NdArray.zeros(device, DType.FP32, ROWS, CLASSES);
    LossGradient gradient = LossGradient.into(grads).withScale(1.0 / ROWS);
    Tensor torchStudent = Torch.copy(student).requires_grad_(true);
    Tensor torchTeacher = Torch.copy(teacher);
    Tensor torchTargets = Torch.of(targets(), ROWS);
    return Contest.of(
        () -> {
          kernel.run(student, teacher, targets, options, losses, null, gradient);
          sums.sum(losses, null, 1.0 / ROWS, mean);
        },
        Torch.program(() -> distilled(torchStudent, torchTeacher, torchTargets)),
        Agreement.of(
            "grads",
            grads,
            Torch.result(() -> distilled(torchStudent, torchTeacher, torchTargets)),
            EXACT));
  }

  private static Tensor distilled(Tensor student, Tensor teacher, Tensor targets) {
    var coldness = new Scalar(1 / TEMPERATURE);
    Tensor logQ = torch.log_softmax(student.mul(coldness), 1);
    Tensor p = torch.softmax(teacher.mul(coldness), 1);
    Tensor divergence = torch.kl_div(logQ, p, SUM, false);
    double soft = SOFT_PART * TEMPERATURE * TEMPERATURE / ROWS;
    Tensor hard = torch.cross_entropy_loss(student, targets).mul(new Scalar(1 - SOFT_PART));
    Tensor loss = divergence.mul(new Scalar(soft)).add(hard);
    return torch.grad(new TensorVector(loss), new TensorVector(student)).get(0);
  }

  private static Tensor gradient(Tensor logits, Tensor targets) {
    Tensor loss = torch.cross_entropy_loss(logits, targets);
    return torch.grad(new TensorVector(loss), new TensorVector(logits)).get(0);
  }
}
