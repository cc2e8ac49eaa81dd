package dev.kiln.tests.rules;

import static dev.kiln.tests.rules.HostArray.integers;
import static dev.kiln.tests.rules.HostArray.normal;
import static dev.kiln.tests.rules.HostArray.unwritten;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.loss.CrossEntropy;
import dev.kiln.kernels.loss.Distillation;
import dev.kiln.kernels.loss.ElementwiseLoss;
import dev.kiln.kernels.loss.LinearCrossEntropy;
import dev.kiln.kernels.loss.LossFunction;
import dev.kiln.kernels.loss.LossGradient;
import dev.kiln.kernels.loss.NllLoss;
import dev.kiln.kernels.loss.Reduction;
import java.util.List;

/** Launches of the losses. */
final class LossCases {
  private LossCases() {}

  static List<KernelCase> all() {
    return List.of(
        crossEntropy("CrossEntropy of short rows", 20, 100),
        crossEntropy("CrossEntropy of long rows", 3, 4500),
        softGoals(),
        meanLoss(),
        linear(),
        distillation(),
        logLikelihood(),
        elementwise(LossFunction.huber(0.5)),
        elementwise(LossFunction.BCE_WITH_LOGITS),
        elementwise(LossFunction.KL_LOG));
  }

  private static KernelCase crossEntropy(String name, int rows, int classes) {
    return new KernelCase(
        name,
        List.of(
            normal(6, rows, classes),
            integers(DType.I32, 7, 0, classes, rows),
            unwritten(rows),
            unwritten(rows, classes)),
        (device, a) -> {
          var kernel = new CrossEntropy(device);
          var options = new CrossEntropy.Options(CrossEntropy.IGNORED, 0.1);
          return () -> kernel.run(a.get(0), a.get(1), options, a.get(2), a.get(3), null, 3);
        });
  }

  private static KernelCase softGoals() {
    DType bf16 = DType.BF16;
    return new KernelCase(
        "CrossEntropy of soft goals, weights, a z-loss",
        List.of(
            normal(bf16, 1, 5, 300),
            normal(bf16, 2, 5, 300),
            normal(3, 300),
            unwritten(5),
            unwritten(5),
            unwritten(bf16, 5, 300)),
        (device, a) -> {
          var kernel = new CrossEntropy(device);
          var options = CrossEntropy.Options.DEFAULT.withClassWeights(a.get(2)).withZLoss(0.01);
          var gradient = LossGradient.into(a.get(5));
          return () -> kernel.run(a.get(0), a.get(1), options, a.get(3), a.get(4), gradient);
        });
  }

  private static KernelCase meanLoss() {
    return new KernelCase(
        "CrossEntropy.mean",
        List.of(normal(8, 3000), integers(DType.I64, 9, 0, 9, 3000), unwritten(1), unwritten(1)),
        (device, a) -> {
          var kernel = new CrossEntropy(device);
          return () -> {
            kernel.rowWeight(a.get(1), CrossEntropy.Options.DEFAULT, a.get(2));
            kernel.mean(a.get(0), a.get(2), a.get(3));
          };
        });
  }

  private static KernelCase linear() {
    return new KernelCase(
        "LinearCrossEntropy",
        List.of(
            normal(1, 40, 24),
            normal(2, 130, 24),
            normal(3, 130),
            integers(DType.I32, 4, 0, 130, 40),
            unwritten(40),
            unwritten(40, 24),
            unwritten(130, 24),
            unwritten(130)),
        (device, a) -> {
          var kernel = new LinearCrossEntropy(device, 16);
          var options = CrossEntropy.Options.DEFAULT;
          var gradients =
              new LinearCrossEntropy.Gradients(a.get(5), a.get(6), a.get(7), LossGradient.NONE);
          return () ->
              kernel.run(
                  a.get(0), a.get(1), a.get(2), a.get(3), options, a.get(4), null, gradients);
        });
  }

  private static KernelCase distillation() {
    return new KernelCase(
        "Distillation",
        List.of(
            normal(1, 6, 300),
            normal(2, 6, 300),
            integers(DType.I32, 3, 0, 300, 6),
            unwritten(6),
            unwritten(6),
            unwritten(6, 300)),
        (device, a) -> {
          var kernel = new Distillation(device);
          var options = new Distillation.Options(2.5, 0.75);
          var gradient = LossGradient.into(a.get(5));
          return () ->
              kernel.run(a.get(0), a.get(1), a.get(2), options, a.get(3), a.get(4), gradient);
        });
  }

  private static KernelCase logLikelihood() {
    return new KernelCase(
        "NllLoss",
        List.of(
            normal(1, 6, 30),
            integers(DType.I64, 2, 0, 30, 6),
            normal(3, 30),
            unwritten(6),
            unwritten(6, 30)),
        (device, a) -> {
          var kernel = new NllLoss(device);
          var gradient = LossGradient.into(a.get(4));
          return () ->
              kernel.run(a.get(0), a.get(1), CrossEntropy.IGNORED, a.get(2), a.get(3), gradient);
        });
  }

  private static KernelCase elementwise(LossFunction function) {
    return new KernelCase(
        "ElementwiseLoss " + function.kind(),
        List.of(normal(1, 9, 1001), normal(2, 9, 1001), unwritten(1), unwritten(9, 1001)),
        (device, a) -> {
          var kernel = new ElementwiseLoss(device);
          var gradient = LossGradient.into(a.get(3));
          return () -> kernel.run(function, a.get(0), a.get(1), Reduction.MEAN, a.get(2), gradient);
        });
  }
}
