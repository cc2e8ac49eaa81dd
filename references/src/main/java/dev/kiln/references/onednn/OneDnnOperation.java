package dev.kiln.references.onednn;

import java.util.Map;
import org.bytedeco.dnnl.convolution_forward;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.global.dnnl.normalization_flags;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.layer_normalization_forward;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.softmax_forward;

/** How an operation is put together of oneDNN's primitives. */
@FunctionalInterface
interface OneDnnOperation {
  /** By the names of {@code ops.profile}. */
  Map<String, OneDnnOperation> BY_NAME =
      Map.of(
          "matmul", OneDnnOperation::product,
          "softmax", OneDnnOperation::softmax,
          "layer-norm", OneDnnOperation::layerNorm,
          "convolution", OneDnnOperation::convolution);

  float EPS = 1e-5f;

  /** Makes the primitive and gives it its memory; throws if there is none on this processor. */
  void build(OneDnnRun run);

  private static void product(OneDnnRun run) {
    var left = run.plain("a");
    var right = run.plain("b");
    var result = run.plainResult("c");
    var primitive = new matmul.primitive_desc(run.engine(), left, right, result);
    run.primitive(new matmul(run.keep(primitive)));
    run.input(dnnl.DNNL_ARG_SRC, "a", left);
    run.input(dnnl.DNNL_ARG_WEIGHTS, "b", right);
    run.output(dnnl.DNNL_ARG_DST, "c", result);
  }

  private static void softmax(OneDnnRun run) {
    var x = run.plain("x");
    int lastAxis = 1;
    var primitive =
        new softmax_forward.primitive_desc(
            run.engine(), prop_kind.forward_inference, algorithm.softmax_accurate, x, x, lastAxis);
    run.primitive(new softmax_forward(run.keep(primitive)));
    run.input(dnnl.DNNL_ARG_SRC, "x", x);
    run.output(dnnl.DNNL_ARG_DST, "y", x);
  }

  private static void layerNorm(OneDnnRun run) {
    var x = run.plain("x");
    var primitive =
        new layer_normalization_forward.primitive_desc(
            run.engine(),
            prop_kind.forward_training.value,
            x,
            x,
            EPS,
            normalization_flags.use_scale.value | normalization_flags.use_shift.value);
    run.keep(primitive);
    run.primitive(new layer_normalization_forward(primitive));
    run.input(dnnl.DNNL_ARG_SRC, "x", x);
    run.inputAsFp32(dnnl.DNNL_ARG_SCALE, "weight");
    run.inputAsFp32(dnnl.DNNL_ARG_SHIFT, "bias");
    run.output(dnnl.DNNL_ARG_DST, "y", x);
    run.output(dnnl.DNNL_ARG_MEAN, "mean", run.keep(primitive.mean_desc()));
    run.scratch(dnnl.DNNL_ARG_VARIANCE, run.keep(primitive.variance_desc()));
  }

  /** Images stay as they are; the library says how it wants its weights. */
  private static void convolution(OneDnnRun run) {
    var x = run.plain("x");
    var y = run.plainResult("y");
    var w = run.described(run.shape("w"), memory.format_tag.any);
    var bias = run.plain("bias");
    long[] ones = {1, 1};
    var primitive =
        run.keep(
            new convolution_forward.primitive_desc(
                run.engine(),
                prop_kind.forward_inference,
                algorithm.convolution_auto,
                x,
                w,
                bias,
                y,
                ones,
                ones,
                ones));
    run.primitive(new convolution_forward(primitive));
    run.input(dnnl.DNNL_ARG_SRC, "x", x);
    run.input(dnnl.DNNL_ARG_WEIGHTS, "w", run.keep(primitive.weights_desc()));
    run.input(dnnl.DNNL_ARG_BIAS, "bias", bias);
    run.output(dnnl.DNNL_ARG_DST, "y", y);
  }
}
