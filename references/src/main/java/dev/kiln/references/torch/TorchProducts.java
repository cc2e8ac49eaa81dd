package dev.kiln.references.torch;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** Products of matrices. */
final class TorchProducts {
  static final Map<String, TorchOperation> ALL =
      Map.of(
          "matmul", in -> TorchOperation.of(Aten.prepare("mm", in.get("a"), in.get("b")), "c"),
          "batched-matmul",
              in -> TorchOperation.of(Aten.prepare("bmm", in.get("a"), in.get("b")), "c"),
          "linear", in -> TorchOperation.of(linear(in), "y"),
          "linear-gelu", TorchProducts::linearGelu,
          "linear-backward-input", TorchProducts::inputGradient,
          "linear-backward-weight", TorchProducts::weightGradient,
          "grouped-matmul", TorchProducts::grouped);

  private TorchProducts() {}

  private static Aten.Call linear(TorchInputs in) {
    return Aten.prepare("addmm", in.get("bias"), in.get("x"), in.get("w"), 1, 1);
  }

  private static TorchOperation.Call linearGelu(TorchInputs in) {
    var linear = linear(in);
    return () -> Map.of("y", Aten.call("gelu", linear.first(), "none"));
  }

  private static TorchOperation.Call inputGradient(TorchInputs in) {
    Tensor transposed = in.get("w").t();
    Tensor pre = in.get("pre");
    var product = Aten.prepare("mm", in.get("dy"), transposed);
    return () -> Map.of("dx", Aten.call("gelu_backward", product.first(), pre, "none"));
  }

  private static TorchOperation.Call weightGradient(TorchInputs in) {
    var product = Aten.prepare("mm", in.get("x").t(), in.get("dy"));
    var sums = Aten.prepare("sum.dim_IntList", in.get("dy"), new long[] {0}, false, null);
    return () -> Map.of("dw", product.first(), "dbias", sums.first());
  }

  private static TorchOperation.Call grouped(TorchInputs in) {
    var first = Aten.prepare("mm", in.get("a"), in.get("b"));
    var second = Aten.prepare("mm", in.get("a2"), in.get("b2"));
    return () -> Map.of("c", first.first(), "c2", second.first());
  }
}
