package dev.kiln.ops.profile;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.convolution.Convolution;
import dev.kiln.kernels.convolution.ConvolutionEpilogue;
import dev.kiln.kernels.convolution.ConvolutionOptions;
import dev.kiln.kernels.convolution.TransposedConvolution;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.pooling.AveragePooling;
import dev.kiln.kernels.pooling.MaxPooling;
import dev.kiln.kernels.pooling.PoolingOptions;
import dev.kiln.kernels.pooling.Upsampling;
import dev.kiln.kernels.pooling.UpsamplingMode;
import dev.kiln.kernels.reference.ActivationReference;
import dev.kiln.kernels.reference.ConvolutionReference;
import dev.kiln.kernels.reference.PoolingReference;
import dev.kiln.kernels.reference.UpsamplingReference;
import dev.kiln.ops.profile.ProfiledOperation.Family;
import java.util.List;
import java.util.Map;

/** Convolutions of images by 3 x 3 taps with stride 1, and pooling. */
final class ConvolutionEntries {
  private static final ConvolutionOptions SAME = ConvolutionOptions.of(2, 1, 1);
  private static final PoolingOptions HALVES = PoolingOptions.of(2, 2);

  private static final String[] X = {"images", "in", "size", "size"};
  private static final String[] W = {"out", "in", "3", "3"};
  private static final String[] Y = {"images", "out", "size", "size"};

  private static final String[] PLANES = {"images", "channels", "size", "size"};
  private static final String[] HALVED = {"images", "channels", "size/2", "size/2"};
  private static final String[] DOUBLED = {"images", "channels", "2*size", "2*size"};

  private ConvolutionEntries() {}

  static List<Entry> all() {
    return List.of(
        forward("convolution", Activation.NONE),
        forward("convolution-relu", Activation.RELU),
        dataGradient(),
        weightGradient(),
        depthwise(),
        transposed(),
        maxPooling(),
        maxPoolingBackward(),
        averagePooling(),
        averagePoolingBackward(),
        upsampling(),
        upsamplingBackward());
  }

  // Convolutions

  private static Entry entry(String name, String about) {
    return Entry.of(name, Family.CONVOLUTION, about, "images", "in", "out", "size")
        .shapes("2x3x5x9", "8x16x32x28", "8x64x64x28", "4x128x128x14")
        .productFlops(s -> 18.0 * s.product("images", "in", "out", "size", "size"));
  }

  private static ConvolutionReference reference(CaseInputs in) {
    return new ConvolutionReference(
        in.size("images"),
        in.size("in"),
        in.size("out"),
        1,
        List.of(in.size("size"), in.size("size")),
        List.of(3, 3),
        SAME.axes());
  }

  private static Entry forward(String name, Activation activation) {
    return entry(name, "3 x 3 taps, padding 1, bias and activation")
        .reads("x", X)
        .reads("w", W)
        .reads("bias", "out")
        .writes("y", Y)
        .runs(
            (device, a) -> {
              var epilogue = ConvolutionEpilogue.bias(a.apply("bias"), activation);
              return Call.of(
                  new Convolution(device),
                  k -> k.forward(a.apply("x"), a.apply("w"), SAME, epilogue, a.apply("y")));
            })
        .yields(
            "y",
            (r, in) -> {
              double[] y = reference(in).forward(r, in.values("x"), in.values("w"));
              double[] bias = in.values("bias");
              int space = in.size("size") * in.size("size");
              return Definitions.each(
                  y.length,
                  i ->
                      ActivationReference.value(
                          r, activation, r.of(y[i] + bias[i / space % bias.length])));
            });
  }

  private static Entry dataGradient() {
    return entry("convolution-backward-input", "the gradient of the images")
        .reads("dy", Y)
        .reads("w", W)
        .writes("dx", X)
        .runs(
            (device, a) ->
                Call.of(
                    new Convolution(device),
                    k -> k.dataGradient(a.apply("dy"), a.apply("w"), SAME, a.apply("dx"))))
        .yields("dx", (r, in) -> reference(in).dataGradient(r, in.values("dy"), in.values("w")));
  }

  private static Entry weightGradient() {
    return entry("convolution-backward-weight", "the gradient of the taps")
        .reads("x", X)
        .reads("dy", Y)
        .writes("dw", W)
        .runs(
            (device, a) ->
                Call.of(
                    new Convolution(device),
                    k -> k.weightGradient(a.apply("x"), a.apply("dy"), SAME, a.apply("dw"))))
        .yields("dw", (r, in) -> reference(in).weightGradient(r, in.values("x"), in.values("dy")));
  }

  private static Entry depthwise() {
    return Entry.of(
            "convolution-depthwise",
            Family.CONVOLUTION,
            "each channel by its own 3 x 3 taps",
            "images",
            "channels",
            "size")
        .shapes("2x5x9", "8x64x28", "8x128x56")
        .flops(s -> 18.0 * s.product(PLANES))
        .reads("x", PLANES)
        .reads("w", "channels", "1", "3", "3")
        .writes("y", PLANES)
        .runs(
            (device, a) -> {
              var w = a.apply("w");
              var options = SAME.withGroups((int) w.dim(0));
              return Call.of(
                  new Convolution(device), k -> k.forward(a.apply("x"), w, options, a.apply("y")));
            })
        .yields(
            "y",
            (r, in) -> {
              int channels = in.size("channels");
              return new ConvolutionReference(
                      in.size("images"),
                      channels,
                      channels,
                      channels,
                      List.of(in.size("size"), in.size("size")),
                      List.of(3, 3),
                      SAME.axes())
                  .forward(r, in.values("x"), in.values("w"));
            });
  }

  /** The definition is the gradient of the convolution that goes the other way. */
  private static Entry transposed() {
    var options = ConvolutionOptions.of(2, 2, 0);
    return Entry.of(
            "convolution-transposed",
            Family.CONVOLUTION,
            "twice as many rows and columns by 2 x 2 taps",
            "images",
            "in",
            "out",
            "size")
        .shapes("2x5x3x7", "8x32x16x28", "8x64x64x28")
        .productFlops(s -> 8.0 * s.product("images", "in", "out", "size", "size"))
        .reads("x", X)
        .reads("w", "in", "out", "2", "2")
        .writes("y", "images", "out", "2*size", "2*size")
        .runs(
            (device, a) ->
                Call.of(
                    new TransposedConvolution(device),
                    k -> k.forward(a.apply("x"), a.apply("w"), options, a.apply("y"))))
        .yields(
            "y",
            (r, in) -> {
              int size = 2 * in.size("size");
              return new ConvolutionReference(
                      in.size("images"),
                      in.size("out"),
                      in.size("in"),
                      1,
                      List.of(size, size),
                      List.of(2, 2),
                      options.axes())
                  .dataGradient(r, in.values("x"), in.values("w"));
            });
  }

  // Pooling

  private static Entry planes(String name, String about) {
    return Entry.of(name, Family.POOLING, about, "images", "channels", "size")
        .shapes("2x3x10", "8x64x56", "16x64x112");
  }

  private static PoolingReference pooling(CaseInputs in) {
    int size = in.size("size");
    return new PoolingReference(
        in.size("images") * in.size("channels"),
        List.of(size, size),
        List.of(size / 2, size / 2),
        HALVES);
  }

  private static Entry maxPooling() {
    return planes("max-pooling", "the largest of each 2 x 2 window, and where it is")
        .flops(s -> s.product(PLANES))
        .reads("x", PLANES)
        .writes("y", HALVED)
        .writes(DType.I32, "places", HALVED)
        .runs(
            (device, a) ->
                Call.of(
                    new MaxPooling(device),
                    k -> k.forward(a.apply("x"), HALVES, a.apply("y"), a.apply("places"))))
        .means(
            (r, in) ->
                Map.of(
                    "y", pooling(in).max(in.values("x")),
                    "places", Definitions.numbers(pooling(in).places(in.values("x")))));
  }

  private static Entry maxPoolingBackward() {
    return planes("max-pooling-backward", "gradients go to where the largest was")
        .flops(s -> s.product(PLANES) / 4.0)
        .reads("dy", HALVED)
        .reads(
            DType.I32,
            (random, count, before) -> {
              int size = before.size("size");
              int half = size / 2;
              return Definitions.each(
                  count,
                  i -> {
                    int row = i / half % half * 2 + random.nextInt(2);
                    return row * size + i % half * 2 + random.nextInt(2);
                  });
            },
            "places",
            HALVED)
        .writes("dx", PLANES)
        .runs(
            (device, a) ->
                Call.of(
                    new MaxPooling(device),
                    k -> k.backward(a.apply("dy"), a.apply("places"), HALVES, a.apply("dx"))))
        .yields(
            "dx",
            (r, in) ->
                pooling(in)
                    .maxGradient(r, in.values("dy"), Definitions.integers(in.values("places"))));
  }

  private static Entry averagePooling() {
    return planes("average-pooling", "the mean of each 2 x 2 window")
        .flops(s -> 1.25 * s.product(PLANES))
        .reads("x", PLANES)
        .writes("y", HALVED)
        .runs(
            (device, a) ->
                Call.of(
                    new AveragePooling(device), k -> k.forward(a.apply("x"), HALVES, a.apply("y"))))
        .yields("y", (r, in) -> pooling(in).average(r, in.values("x")));
  }

  private static Entry averagePoolingBackward() {
    return planes("average-pooling-backward", "gradients spread over their windows")
        .flops(s -> s.product(PLANES))
        .reads("dy", HALVED)
        .writes("dx", PLANES)
        .runs(
            (device, a) ->
                Call.of(
                    new AveragePooling(device),
                    k -> k.backward(a.apply("dy"), HALVES, a.apply("dx"))))
        .yields("dx", (r, in) -> pooling(in).averageGradient(r, in.values("dy")));
  }

  // Upsampling

  private static UpsamplingReference doubling(CaseInputs in) {
    int size = in.size("size");
    return new UpsamplingReference(
        in.size("images") * in.size("channels"),
        List.of(size, size),
        List.of(2 * size, 2 * size),
        UpsamplingMode.LINEAR);
  }

  private static Entry upsampling() {
    return planes("upsampling", "twice as many rows and columns, linear between neighbours")
        .shapes("2x3x9", "8x32x28", "8x64x56")
        .flops(s -> 8.0 * s.product("images", "channels", "size", "size") * 4)
        .reads("x", PLANES)
        .writes("y", DOUBLED)
        .runs(
            (device, a) ->
                Call.of(
                    new Upsampling(device),
                    k -> k.forward(a.apply("x"), UpsamplingMode.LINEAR, a.apply("y"))))
        .yields("y", (r, in) -> doubling(in).forward(r, in.values("x")));
  }

  private static Entry upsamplingBackward() {
    return planes("upsampling-backward", "gradients of linear upsampling")
        .shapes("2x3x9", "8x32x28", "8x64x56")
        .flops(s -> 8.0 * s.product("images", "channels", "size", "size") * 4)
        .reads("dy", DOUBLED)
        .writes("dx", PLANES)
        .runs(
            (device, a) ->
                Call.of(
                    new Upsampling(device),
                    k -> k.backward(a.apply("dy"), UpsamplingMode.LINEAR, a.apply("dx"))))
        .yields("dx", (r, in) -> doubling(in).backward(r, in.values("dy")));
  }
}
