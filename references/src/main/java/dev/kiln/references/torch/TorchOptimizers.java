package dev.kiln.references.torch;

import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Steps of optimizers, fused, the first from a state of zeros; libtorch has no fused Lion or
 * RMSProp.
 */
final class TorchOptimizers {
  private static final double RATE = 1e-3;
  private static final double DECAY = 0.01;

  static final Map<String, TorchOperation> ALL =
      Map.of(
          "adamw", TorchOptimizers::adamW,
          "sgd-momentum", TorchOptimizers::sgd,
          "adagrad", TorchOptimizers::adagrad,
          "rmsprop", TorchOptimizers::rmsProp);

  private TorchOptimizers() {}

  private static Tensor[] list(Tensor... tensors) {
    return tensors;
  }

  private static Tensor[] zeros(Tensor weights) {
    return list(torch.zeros_like(weights));
  }

  /** Each call is a first step. */
  private static Tensor[] firstStep() {
    return list(Torch.of(new float[] {1}, 1));
  }

  private static TorchOperation.Call changed(Tensor weights, Aten.Call step) {
    return () -> {
      step.all();
      return Map.of("w", weights);
    };
  }

  private static TorchOperation.Call adamW(TorchInputs in) {
    Tensor w = in.get("w");
    return changed(
        w,
        Aten.prepare(
            "_fused_adamw_",
            list(w),
            list(in.get("g")),
            zeros(w),
            zeros(w),
            list(),
            firstStep(),
            RATE,
            0.9,
            0.999,
            DECAY,
            1e-8,
            false,
            false,
            null,
            null));
  }

  private static TorchOperation.Call sgd(TorchInputs in) {
    Tensor w = in.get("w");
    return changed(
        w,
        Aten.prepare(
            "_fused_sgd_",
            list(w),
            list(in.get("g")),
            zeros(w),
            DECAY,
            0.9,
            RATE,
            0.0,
            false,
            false,
            true,
            null,
            null));
  }

  private static TorchOperation.Call adagrad(TorchInputs in) {
    Tensor w = in.get("w");
    return changed(
        w,
        Aten.prepare(
            "_fused_adagrad_",
            list(w),
            list(in.get("g")),
            zeros(w),
            firstStep(),
            RATE,
            0.0,
            0.0,
            1e-10,
            false,
            null,
            null));
  }

  /** As libtorch's optimizer does it, one operator after the other. */
  private static TorchOperation.Call rmsProp(TorchInputs in) {
    Tensor w = in.get("w");
    Tensor g = in.get("g");
    Tensor squares = torch.zeros_like(w).to(torch.ScalarType.Float); // as Kiln keeps them
    var kept = new Scalar(0.99);
    var fresh = new Scalar(0.01);
    var eps = new Scalar(1e-8);
    var step = new Scalar(-RATE);
    return () -> {
      Tensor wide = g.to(torch.ScalarType.Float);
      squares.mul_(kept).addcmul_(wide, wide, fresh);
      w.add_(wide.div(squares.sqrt().add_(eps)), step);
      return Map.of("w", w);
    };
  }
}
