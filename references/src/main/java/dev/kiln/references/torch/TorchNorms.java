package dev.kiln.references.torch;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** Softmax and norms. */
final class TorchNorms {
  private static final double EPS = 1e-5;
  private static final double MOMENTUM = 0.1;
  private static final int GROUPS = 4;
  private static final boolean[] ALL_GRADIENTS = {true, true, true};

  static final Map<String, TorchOperation> ALL =
      Map.ofEntries(
          Map.entry("softmax", in -> softmax(in, "_softmax")),
          Map.entry("log-softmax", in -> softmax(in, "_log_softmax")),
          Map.entry("softmax-backward", TorchNorms::softmaxBackward),
          Map.entry(
              "layer-norm",
              in -> TorchOperation.of(layerNorm(in, in.get("x")), "y", "mean", "rstd")),
          Map.entry("residual-layer-norm", TorchNorms::residualLayerNorm),
          Map.entry("layer-norm-backward", TorchNorms::layerNormBackward),
          Map.entry("rms-norm", TorchNorms::rmsNorm),
          Map.entry("rms-norm-backward", TorchNorms::rmsNormBackward),
          Map.entry("batch-norm", TorchNorms::batchNorm),
          Map.entry("batch-norm-backward", TorchNorms::batchNormBackward),
          Map.entry("group-norm", TorchNorms::groupNorm),
          Map.entry("group-norm-backward", TorchNorms::groupNormBackward));

  private TorchNorms() {}

  private static TorchOperation.Call softmax(TorchInputs in, String operator) {
    return TorchOperation.of(Aten.prepare(operator, in.get("x"), 1, false), "y");
  }

  private static TorchOperation.Call softmaxBackward(TorchInputs in) {
    Tensor y = in.get("y");
    int dtype = y.scalar_type().value;
    return TorchOperation.of(
        Aten.prepare("_softmax_backward_data", in.get("dy"), y, 1, dtype), "dx");
  }

  private static Aten.Call layerNorm(TorchInputs in, Tensor x) {
    return Aten.prepare(
        "native_layer_norm", x, in.sizes("columns"), in.get("weight"), in.get("bias"), EPS);
  }

  /** libtorch has no fused form. */
  private static TorchOperation.Call residualLayerNorm(TorchInputs in) {
    var sum = Aten.prepare("add.Tensor", in.get("x"), in.get("residual"), 1);
    return () -> {
      Tensor added = sum.first();
      Tensor[] results = layerNorm(in, added).all();
      return Map.of("sum", added, "y", results[0], "mean", results[1], "rstd", results[2]);
    };
  }

  private static TorchOperation.Call layerNormBackward(TorchInputs in) {
    return TorchOperation.of(
        Aten.prepare(
            "native_layer_norm_backward",
            in.get("dy"),
            in.get("x"),
            in.sizes("columns"),
            in.column("mean"),
            in.column("rstd"),
            in.get("weight"),
            in.get("weight"), // of the bias the dtype alone counts
            ALL_GRADIENTS),
        "dx",
        "dweight",
        "dbias");
  }

  private static TorchOperation.Call rmsNorm(TorchInputs in) {
    return TorchOperation.of(
        Aten.prepare("rms_norm", in.get("x"), in.sizes("columns"), in.get("weight"), EPS), "y");
  }

  /** libtorch has no fused form for CPUs. */
  private static TorchOperation.Call rmsNormBackward(TorchInputs in) {
    Tensor x = in.get("x");
    Tensor dy = in.get("dy");
    Tensor weight = in.get("weight");
    Tensor rstd = in.column("rstd");
    long[] columns = {1};
    long[] rows = {0};
    return () -> {
      Tensor h = x.mul(rstd);
      Tensor g = dy.mul(weight);
      Tensor along = Aten.call("mean.dim", g.mul(h), columns, true, null);
      return Map.of(
          "dx", g.sub_(h.mul(along)).mul_(rstd),
          "dweight", Aten.call("sum.dim_IntList", dy.mul(h), rows, false, null));
    };
  }

  private static TorchOperation.Call batchNorm(TorchInputs in) {
    return TorchOperation.of(
        Aten.prepare(
            "native_batch_norm",
            in.get("x"),
            in.get("weight"),
            in.get("bias"),
            in.as("x", "running mean"),
            in.as("x", "running variance"),
            true,
            MOMENTUM,
            EPS),
        "y",
        "mean",
        "rstd");
  }

  private static TorchOperation.Call batchNormBackward(TorchInputs in) {
    return TorchOperation.of(
        Aten.prepare(
            "native_batch_norm_backward",
            in.get("dy"),
            in.get("x"),
            in.get("weight"),
            null,
            null,
            in.as("x", "mean"),
            in.as("x", "rstd"),
            true,
            EPS,
            ALL_GRADIENTS),
        "dx",
        "dweight",
        "dbias");
  }

  private static TorchOperation.Call groupNorm(TorchInputs in) {
    return TorchOperation.of(
        Aten.prepare(
            "native_group_norm",
            in.get("x"),
            in.get("weight"),
            in.get("bias"),
            in.size("images"),
            in.size("channels"),
            in.size("space"),
            GROUPS,
            EPS),
        "y",
        "mean",
        "rstd");
  }

  private static TorchOperation.Call groupNormBackward(TorchInputs in) {
    long[] statistics = {in.size("images"), GROUPS};
    return TorchOperation.of(
        Aten.prepare(
            "native_group_norm_backward",
            in.get("dy"),
            in.get("x"),
            in.as("x", "mean").view(statistics),
            in.as("x", "rstd").view(statistics),
            in.get("weight"),
            in.size("images"),
            in.size("channels"),
            in.size("space"),
            GROUPS,
            ALL_GRADIENTS),
        "dx",
        "dweight",
        "dbias");
  }
}
