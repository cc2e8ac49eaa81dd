package dev.kiln.references.torch;

import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Losses with their gradients, as libtorch's automatic differentiation runs them; distances. */
final class TorchLosses {
  /** {@code at::Reduction::None}. */
  private static final int NONE = 0;

  private static final int NO_CLASS_IGNORED = -100;
  private static final double TEMPERATURE = 2;
  private static final double SOFT_PART = 0.5;

  static final Map<String, TorchOperation> ALL =
      Map.of(
          "cross-entropy", TorchLosses::crossEntropy,
          "linear-cross-entropy", TorchLosses::linearCrossEntropy,
          "distillation", TorchLosses::distillation,
          "mse-loss", in -> elementwise(in, "mse_loss"),
          "huber-loss", in -> elementwise(in, "huber_loss", 1.0),
          "bce-loss", TorchLosses::binaryCrossEntropy,
          "distances", TorchLosses::distances);

  private TorchLosses() {}

  /** Losses of rows, and the gradient of the logits. */
  private record Loss(Tensor losses, Tensor grads) {
    static Loss of(Tensor logits, Tensor targets, double weight) {
      Tensor logP = Aten.call("_log_softmax", logits, 1, false);
      Tensor[] loss = Aten.all("nll_loss_forward", logP, targets, null, NONE, NO_CLASS_IGNORED);
      Tensor ones = torch.ones_like(loss[0]).mul_(new Scalar(weight));
      Tensor ofLogP =
          Aten.call(
              "nll_loss_backward", ones, logP, targets, null, NONE, NO_CLASS_IGNORED, loss[1]);
      int dtype = logits.scalar_type().value;
      return new Loss(loss[0], Aten.call("_log_softmax_backward_data", ofLogP, logP, 1, dtype));
    }
  }

  private static TorchOperation.Call crossEntropy(TorchInputs in) {
    Tensor logits = in.get("logits");
    Tensor targets = in.get("targets");
    return () -> {
      Loss loss = Loss.of(logits, targets, 1);
      return Map.of("losses", loss.losses(), "grads", loss.grads());
    };
  }

  private static TorchOperation.Call linearCrossEntropy(TorchInputs in) {
    Tensor x = in.get("x");
    Tensor w = in.get("w");
    Tensor targets = in.get("targets");
    var linear = Aten.prepare("addmm", in.get("bias"), x, w.t(), 1, 1);
    return () -> {
      Loss loss = Loss.of(linear.first(), targets, 1);
      Tensor grads = loss.grads();
      return Map.of(
          "losses", loss.losses(),
          "dx", grads.mm(w),
          "dw", grads.t().mm(x),
          "dbias", Aten.call("sum.dim_IntList", grads, new long[] {0}, false, null));
    };
  }

  private static TorchOperation.Call distillation(TorchInputs in) {
    Tensor student = in.get("student");
    Tensor teacher = in.get("teacher");
    Tensor targets = in.get("targets");
    var coldness = new Scalar(1 / TEMPERATURE);
    return () -> {
      Loss hard = Loss.of(student, targets, 1 - SOFT_PART);
      Tensor logQ = Aten.call("_log_softmax", student.mul(coldness), 1, false);
      Tensor logP = Aten.call("_log_softmax", teacher.mul(coldness), 1, false);
      Tensor p = logP.exp();
      Tensor divergence =
          Aten.call("sum.dim_IntList", logP.sub(logQ).mul_(p), new long[] {1}, false, null);
      Tensor losses =
          divergence
              .mul_(new Scalar(SOFT_PART * TEMPERATURE * TEMPERATURE))
              .add_(hard.losses(), new Scalar(1 - SOFT_PART));
      Tensor grads = hard.grads().add_(logQ.exp_().sub_(p), new Scalar(SOFT_PART * TEMPERATURE));
      return Map.of("losses", losses, "grads", grads);
    };
  }

  private static TorchOperation.Call elementwise(
      TorchInputs in, String operator, Object... numbers) {
    Tensor x = in.get("x");
    Tensor y = in.get("y");
    Tensor ones = torch.ones_like(x);
    var loss =
        numbers.length == 0
            ? Aten.prepare(operator, x, y, NONE)
            : Aten.prepare(operator, x, y, NONE, numbers[0]);
    var gradient =
        numbers.length == 0
            ? Aten.prepare(operator + "_backward", ones, x, y, NONE)
            : Aten.prepare(operator + "_backward", ones, x, y, NONE, numbers[0]);
    return () -> Map.of("losses", loss.first(), "grads", gradient.first());
  }

  private static TorchOperation.Call binaryCrossEntropy(TorchInputs in) {
    Tensor x = in.get("x");
    Tensor y = in.get("y");
    var loss = Aten.prepare("binary_cross_entropy_with_logits", x, y, null, null, NONE);
    return () -> Map.of("losses", loss.first(), "grads", x.sigmoid().sub_(y));
  }

  /** {@code |x|^2 - 2 x c + |c|^2}, as libtorch's own {@code cdist} does for many features. */
  private static TorchOperation.Call distances(TorchInputs in) {
    Tensor x = in.get("x");
    Tensor c = in.get("c");
    Tensor transposed = c.t();
    long[] features = {1};
    return () -> {
      Tensor ofPoints = Aten.call("sum.dim_IntList", x.mul(x), features, true, null);
      Tensor ofCentres = Aten.call("sum.dim_IntList", c.mul(c), features, false, null);
      return Map.of("squares", Aten.call("addmm", ofCentres, x, transposed, 1, -2).add_(ofPoints));
    };
  }
}
