package dev.kiln.tests.benchmarks.training;

import dev.kiln.references.torch.Aten;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;

/** Normalizations, convolutions, poolings, activations, upsampling, embedding. */
final class GoldenLayers {
  private static final double EPS = 1e-5;
  private static final double MOMENTUM = 0.1;

  private GoldenLayers() {}

  static List<GoldenCase> all() {
    var cases = new ArrayList<GoldenCase>();
    cases.add(
        new GoldenCase("linear")
            .input("x", 2, 3, 5)
            .input("weight", 4, 5)
            .input("bias", 4)
            .gives(in -> Aten.call("linear", in.get("x"), in.get("weight"), in.get("bias"))));
    cases.add(
        new GoldenCase("embedding")
            .input("weight", 7, 3)
            .integers("tokens", new long[] {2, 4}, 1, 6, 1, 0, 3, 3, 1, 5)
            .gives(
                in ->
                    Aten.call("embedding", in.get("weight"), in.get("tokens"), -1, false, false)));
    normalizations(cases);
    convolutions(cases);
    poolings(cases);
    activations(cases);
    upsampling(cases);
    return cases;
  }

  private static void normalizations(List<GoldenCase> cases) {
    cases.add(
        affine(new GoldenCase("layer-norm"), 6)
            .input("x", 4, 6)
            .option("eps", EPS)
            .gives(
                in ->
                    Aten.call(
                        "layer_norm",
                        in.get("x"),
                        new long[] {6},
                        in.get("weight"),
                        in.get("bias"),
                        EPS,
                        false)));
    cases.add(
        new GoldenCase("rms-norm")
            .input("x", 4, 6)
            .scaled("weight", 0.2, 1, 6)
            .option("eps", EPS)
            .gives(
                in -> Aten.call("rms_norm", in.get("x"), new long[] {6}, in.get("weight"), EPS)));
    cases.add(
        affine(new GoldenCase("group-norm"), 6)
            .input("x", 2, 6, 2, 2)
            .option("groups", 3)
            .option("eps", EPS)
            .gives(
                in ->
                    Aten.call(
                        "group_norm",
                        in.get("x"),
                        3,
                        in.get("weight"),
                        in.get("bias"),
                        EPS,
                        false)));
    cases.add(
        affine(new GoldenCase("instance-norm"), 3)
            .input("x", 2, 3, 2, 3)
            .option("eps", EPS)
            .gives(
                in ->
                    Aten.call(
                        "instance_norm",
                        in.get("x"),
                        in.get("weight"),
                        in.get("bias"),
                        null,
                        null,
                        true,
                        MOMENTUM,
                        EPS,
                        false)));
    cases.add(batchNorm("batch-norm-training", true));
    cases.add(batchNorm("batch-norm-evaluation", false));
  }

  private static GoldenCase affine(GoldenCase made, long size) {
    return made.scaled("weight", 0.2, 1, size).scaled("bias", 0.2, 0, size);
  }

  private static GoldenCase batchNorm(String name, boolean training) {
    return affine(new GoldenCase(name), 3)
        .input("x", 4, 3, 2, 2)
        .constant("mean", 0.3, 0, 3)
        .constant("variance", 0.3, 1, 3)
        .option("training", training)
        .option("eps", EPS)
        .about("with running mean and variance before the call; momentum 0.1 (unbiased variance)")
        .gives(
            in ->
                Aten.call(
                    "batch_norm",
                    in.get("x"),
                    in.get("weight"),
                    in.get("bias"),
                    in.get("mean"),
                    in.get("variance"),
                    training,
                    MOMENTUM,
                    EPS,
                    false));
  }

  private static void convolutions(List<GoldenCase> cases) {
    cases.add(convolution("conv1d", sizes(2, 2, 7), sizes(3, 2, 3), 2, 1, 1, 1));
    cases.add(convolution("conv2d", sizes(1, 2, 5, 6), sizes(3, 2, 3, 3), 1, 1, 1, 1));
    cases.add(convolution("conv2d-strided", sizes(1, 2, 6, 7), sizes(2, 2, 3, 3), 2, 1, 1, 1));
    cases.add(convolution("conv2d-dilated", sizes(1, 1, 7, 7), sizes(2, 1, 3, 3), 1, 2, 2, 1));
    cases.add(convolution("conv2d-depthwise", sizes(1, 4, 5, 5), sizes(4, 1, 3, 3), 1, 1, 1, 4));
    cases.add(convolution("conv2d-grouped", sizes(1, 4, 4, 4), sizes(6, 2, 3, 3), 1, 1, 1, 2));
    cases.add(convolution("conv3d", sizes(1, 2, 3, 4, 4), sizes(2, 2, 2, 3, 3), 1, 0, 1, 1));
    cases.add(transposed("conv-transpose1d", sizes(2, 3, 4), sizes(3, 2, 3), 2, 1, 1));
    cases.add(transposed("conv-transpose2d", sizes(1, 3, 3, 4), sizes(3, 2, 4, 4), 2, 1, 0));
    cases.add(transposed("conv-transpose2d-extra", sizes(1, 2, 3, 3), sizes(2, 2, 3, 3), 2, 1, 1));
  }

  private static long[] sizes(long... sizes) {
    return sizes;
  }

  private static long[] times(int axes, long value) {
    long[] values = new long[axes];
    Arrays.fill(values, value);
    return values;
  }

  private static GoldenCase convolution(
      String name, long[] x, long[] weight, long stride, long padding, long dilation, int groups) {
    int axes = x.length - 2;
    return new GoldenCase(name)
        .input("x", x)
        .input("weight", weight)
        .input("bias", weight[0])
        .option("stride", stride)
        .option("padding", padding)
        .option("dilation", dilation)
        .option("groups", groups)
        .gives(
            in ->
                Aten.call(
                    "convolution",
                    in.get("x"),
                    in.get("weight"),
                    in.get("bias"),
                    times(axes, stride),
                    times(axes, padding),
                    times(axes, dilation),
                    false,
                    times(axes, 0),
                    groups));
  }

  private static GoldenCase transposed(
      String name, long[] x, long[] weight, long stride, long padding, long outputPadding) {
    int axes = x.length - 2;
    return new GoldenCase(name)
        .about("weight is [in, out, kernel...]")
        .input("x", x)
        .input("weight", weight)
        .input("bias", weight[1])
        .option("stride", stride)
        .option("padding", padding)
        .option("outputPadding", outputPadding)
        .gives(
            in ->
                Aten.call(
                    "convolution",
                    in.get("x"),
                    in.get("weight"),
                    in.get("bias"),
                    times(axes, stride),
                    times(axes, padding),
                    times(axes, 1),
                    true,
                    times(axes, outputPadding),
                    1));
  }

  private static void poolings(List<GoldenCase> cases) {
    cases.add(maxPool("max-pool1d", 3, 2, 1, 2, 3, 8));
    cases.add(maxPool("max-pool2d", 3, 2, 1, 1, 2, 5, 6));
    cases.add(maxPool("max-pool3d", 2, 2, 0, 1, 1, 4, 4, 4));
    cases.add(averagePool("avg-pool2d", 3, 2, 1, true));
    cases.add(averagePool("avg-pool2d-without-padding", 3, 2, 1, false));
    cases.add(adaptive("adaptive-avg-pool1d", sizes(3), 2, 2, 7));
    cases.add(adaptive("adaptive-avg-pool2d", sizes(3, 2), 1, 2, 7, 5));
    cases.add(adaptive("adaptive-max-pool2d", sizes(3, 2), 1, 2, 7, 5));
    cases.add(adaptive("adaptive-max-pool1d", sizes(3), 2, 2, 7));
  }

  private static GoldenCase maxPool(String name, long kernel, long stride, long pad, long... x) {
    int axes = x.length - 2;
    return new GoldenCase(name)
        .input("x", x)
        .option("kernel", kernel)
        .option("stride", stride)
        .option("padding", pad)
        .gives(
            in ->
                Aten.call(
                    name.replace("-", "_"),
                    in.get("x"),
                    times(axes, kernel),
                    times(axes, stride),
                    times(axes, pad),
                    times(axes, 1),
                    false));
  }

  private static GoldenCase averagePool(
      String name, long kernel, long stride, long padding, boolean countPadding) {
    return new GoldenCase(name)
        .input("x", 1, 2, 5, 6)
        .option("kernel", kernel)
        .option("stride", stride)
        .option("padding", padding)
        .option("countPadding", countPadding)
        .gives(
            in ->
                Aten.call(
                    "avg_pool2d",
                    in.get("x"),
                    times(2, kernel),
                    times(2, stride),
                    times(2, padding),
                    false,
                    countPadding,
                    null));
  }

  private static GoldenCase adaptive(String name, long[] out, long... x) {
    return new GoldenCase(name)
        .input("x", x)
        .option("size", out)
        .gives(in -> Aten.call(name.replace("-", "_"), in.get("x"), out));
  }

  private static void activations(List<GoldenCase> cases) {
    for (String name :
        List.of(
            "relu",
            "sigmoid",
            "tanh",
            "silu",
            "selu",
            "mish",
            "hardswish",
            "hardsigmoid",
            "log_sigmoid")) {
      cases.add(activation(name, x -> Aten.call(name, x)));
    }
    cases.add(activation("gelu", x -> Aten.call("gelu", x, "none")));
    cases.add(activation("gelu-tanh", x -> Aten.call("gelu", x, "tanh")));
    cases.add(activation("leaky-relu", x -> Aten.call("leaky_relu", x, 0.1)).option("slope", 0.1));
    cases.add(activation("elu", x -> Aten.call("elu", x, 1.5, 1.0, 1.0)).option("alpha", 1.5));
    cases.add(activation("softplus", x -> Aten.call("softplus", x, 1.0, 20.0)).option("beta", 1.0));
    cases.add(activation("softmax", x -> Aten.call("softmax.int", x, -1, null)));
    cases.add(activation("log-softmax", x -> Aten.call("log_softmax.int", x, -1, null)));
    cases.add(
        activation("glu", x -> Aten.call("glu", x, -1)).about("first half * sigmoid(second)"));
    cases.add(
        new GoldenCase("prelu")
            .scaled("x", 3, 0, 2, 3, 4)
            .scaled("weight", 0.2, 0.3, 3)
            .gives(in -> Aten.call("prelu", in.get("x"), in.get("weight"))));
  }

  private static GoldenCase activation(String name, Function<Tensor, Tensor> function) {
    return new GoldenCase(name.replace("_", "-"))
        .scaled("x", 4, 0, 3, 8)
        .gives(in -> function.apply(in.get("x")));
  }

  private static void upsampling(List<GoldenCase> cases) {
    long[] size = {6, 4};
    cases.add(
        new GoldenCase("upsample-nearest")
            .input("x", 1, 2, 3, 2)
            .option("size", size)
            .gives(in -> Aten.call("upsample_nearest2d", in.get("x"), size, null, null)));
    for (boolean corners : new boolean[] {false, true}) {
      cases.add(
          new GoldenCase(corners ? "upsample-bilinear-corners" : "upsample-bilinear")
              .input("x", 1, 2, 3, 2)
              .option("size", size)
              .option("alignCorners", corners)
              .gives(
                  in -> Aten.call("upsample_bilinear2d", in.get("x"), size, corners, null, null)));
    }
  }
}
