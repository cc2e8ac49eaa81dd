package dev.kiln.references.torch;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** Convolutions by 3 x 3 taps with stride 1 and padding 1; pooling of 2 x 2 windows; upsampling. */
final class TorchConvolutions {
  private static final long[] ONE = {1, 1};
  private static final long[] ZERO = {0, 0};
  private static final long[] TWO = {2, 2};

  static final Map<String, TorchOperation> ALL =
      Map.ofEntries(
          Map.entry("convolution", in -> TorchOperation.of(forward(in), "y")),
          Map.entry("convolution-relu", TorchConvolutions::relu),
          Map.entry("convolution-depthwise", TorchConvolutions::depthwise),
          Map.entry("convolution-backward-input", TorchConvolutions::inputGradient),
          Map.entry("convolution-backward-weight", TorchConvolutions::weightGradient),
          Map.entry("max-pooling", TorchConvolutions::maxPooling),
          Map.entry("max-pooling-backward", TorchConvolutions::maxPoolingBackward),
          Map.entry("average-pooling", TorchConvolutions::averagePooling),
          Map.entry("average-pooling-backward", TorchConvolutions::averagePoolingBackward),
          Map.entry("upsampling", TorchConvolutions::upsampling),
          Map.entry("upsampling-backward", TorchConvolutions::upsamplingBackward));

  private TorchConvolutions() {}

  private static Aten.Call convolution(Tensor x, Tensor w, Tensor bias, int groups) {
    return Aten.prepare("convolution", x, w, bias, ONE, ONE, ONE, false, ZERO, groups);
  }

  private static Aten.Call forward(TorchInputs in) {
    return convolution(in.get("x"), in.get("w"), in.get("bias"), 1);
  }

  private static TorchOperation.Call relu(TorchInputs in) {
    var convolution = forward(in);
    return () -> Map.of("y", convolution.first().relu_());
  }

  private static TorchOperation.Call depthwise(TorchInputs in) {
    return TorchOperation.of(convolution(in.get("x"), in.get("w"), null, in.size("channels")), "y");
  }

  private static Aten.Call backward(Tensor dy, Tensor x, Tensor w, boolean ofInput) {
    boolean[] which = {ofInput, !ofInput, false};
    return Aten.prepare(
        "convolution_backward", dy, x, w, null, ONE, ONE, ONE, false, ZERO, 1, which);
  }

  private static TorchOperation.Call inputGradient(TorchInputs in) {
    Tensor x = in.zeros("dy", in.sizes("images", "in", "size", "size"));
    return TorchOperation.of(backward(in.get("dy"), x, in.get("w"), true), "dx");
  }

  private static TorchOperation.Call weightGradient(TorchInputs in) {
    Tensor w = in.zeros("x", in.size("out"), in.size("in"), 3, 3);
    var call = backward(in.get("dy"), in.get("x"), w, false);
    return () -> Map.of("dw", call.all()[1]);
  }

  private static TorchOperation.Call maxPooling(TorchInputs in) {
    return TorchOperation.of(
        Aten.prepare("max_pool2d_with_indices", in.get("x"), TWO, TWO, ZERO, ONE, false),
        "y",
        "places");
  }

  private static Tensor planes(TorchInputs in) {
    return in.zeros("dy", in.sizes("images", "channels", "size", "size"));
  }

  private static TorchOperation.Call maxPoolingBackward(TorchInputs in) {
    return TorchOperation.of(
        Aten.prepare(
            "max_pool2d_with_indices_backward",
            in.get("dy"),
            planes(in),
            TWO,
            TWO,
            ZERO,
            ONE,
            false,
            in.get("places")),
        "dx");
  }

  private static TorchOperation.Call averagePooling(TorchInputs in) {
    return TorchOperation.of(
        Aten.prepare("avg_pool2d", in.get("x"), TWO, TWO, ZERO, false, true, null), "y");
  }

  private static TorchOperation.Call averagePoolingBackward(TorchInputs in) {
    return TorchOperation.of(
        Aten.prepare(
            "avg_pool2d_backward", in.get("dy"), planes(in), TWO, TWO, ZERO, false, true, null),
        "dx");
  }

  private static long[] doubled(TorchInputs in) {
    return new long[] {2L * in.size("size"), 2L * in.size("size")};
  }

  private static TorchOperation.Call upsampling(TorchInputs in) {
    return TorchOperation.of(
        Aten.prepare("upsample_bilinear2d", in.get("x"), doubled(in), false, null, null), "y");
  }

  private static TorchOperation.Call upsamplingBackward(TorchInputs in) {
    return TorchOperation.of(
        Aten.prepare(
            "upsample_bilinear2d_backward",
            in.get("dy"),
            doubled(in),
            in.sizes("images", "channels", "size", "size"),
            false,
            null,
            null),
        "dx");
  }
}
