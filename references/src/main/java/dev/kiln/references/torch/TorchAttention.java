package dev.kiln.references.torch;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** Attention, by libtorch's fused kernel for CPUs. */
final class TorchAttention {
  private static final String FUSED = "_scaled_dot_product_flash_attention_for_cpu";

  static final Map<String, TorchOperation> ALL =
      Map.of(
          "attention", in -> forward(in, false),
          "attention-causal", in -> forward(in, true),
          "attention-backward", in -> backward(in, false),
          "attention-causal-backward", in -> backward(in, true),
          "attention-decode", TorchAttention::decode);

  private TorchAttention() {}

  private static Aten.Call fused(Tensor q, Tensor k, Tensor v, boolean causal) {
    return Aten.prepare(FUSED, q, k, v, 0.0, causal, null, null);
  }

  private static TorchOperation.Call forward(TorchInputs in, boolean causal) {
    return TorchOperation.of(fused(in.get("q"), in.get("k"), in.get("v"), causal), "o", "lse");
  }

  private static TorchOperation.Call backward(TorchInputs in, boolean causal) {
    Tensor[] forward = fused(in.get("q"), in.get("k"), in.get("v"), causal).all();
    return TorchOperation.of(
        Aten.prepare(
            FUSED + "_backward",
            in.get("do"),
            in.get("q"),
            in.get("k"),
            in.get("v"),
            forward[0],
            forward[1],
            0.0,
            causal,
            null,
            null),
        "dq",
        "dk",
        "dv");
  }

  private static TorchOperation.Call decode(TorchInputs in) {
    int rowsOfQueries = 2;
    return TorchOperation.of(
        fused(in.get("q").unsqueeze(rowsOfQueries), in.get("k"), in.get("v"), false), "o", "");
  }
}
