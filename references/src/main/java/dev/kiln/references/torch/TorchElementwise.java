package dev.kiln.references.torch;

import java.util.Arrays;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Operations on each element, rotary positions, embeddings. Chains that libtorch has no fused form
 * of run one by one.
 */
final class TorchElementwise {
  private static final String EXACT = "none";
  private static final String TANH = "tanh";
  private static final double DROPPED = 0.1;

  /** Of softplus: its beta, and from where on it is the identity. */
  private static final Object[] SOFTPLUS = {1, 20};

  static final Map<String, TorchOperation> ALL =
      Map.ofEntries(
          Map.entry("relu", in -> ofX(in, "relu")),
          Map.entry("gelu", in -> ofX(in, "gelu", EXACT)),
          Map.entry("gelu-tanh", in -> ofX(in, "gelu", TANH)),
          Map.entry("silu", in -> ofX(in, "silu")),
          Map.entry("mish", in -> ofX(in, "mish")),
          Map.entry("sigmoid", in -> ofX(in, "sigmoid")),
          Map.entry("tanh", in -> ofX(in, "tanh")),
          Map.entry("softplus", in -> ofX(in, "softplus", SOFTPLUS)),
          Map.entry("relu-backward", in -> gradient(in, "threshold_backward", 0)),
          Map.entry("gelu-backward", in -> gradient(in, "gelu_backward", EXACT)),
          Map.entry("gelu-tanh-backward", in -> gradient(in, "gelu_backward", TANH)),
          Map.entry("silu-backward", in -> gradient(in, "silu_backward")),
          Map.entry("mish-backward", in -> gradient(in, "mish_backward")),
          Map.entry("sigmoid-backward", in -> gradientFromResult(in, "sigmoid")),
          Map.entry("tanh-backward", in -> gradientFromResult(in, "tanh")),
          Map.entry("softplus-backward", in -> gradient(in, "softplus_backward", SOFTPLUS)),
          Map.entry("bias-gelu", TorchElementwise::biasGelu),
          Map.entry("swiglu", in -> gated(in, Aten.prepare("silu", in.get("gate")))),
          Map.entry("geglu", in -> gated(in, Aten.prepare("gelu", in.get("gate"), EXACT))),
          Map.entry("swiglu-backward", TorchElementwise::swigluBackward),
          Map.entry("dropout", in -> () -> dropout(in, null)),
          Map.entry("residual-dropout", in -> () -> dropout(in, in.get("residual"))),
          Map.entry("rotary", TorchElementwise::rotary),
          Map.entry("embedding", TorchElementwise::embedding),
          Map.entry("embedding-backward", TorchElementwise::embeddingBackward));

  private TorchElementwise() {}

  private static Object[] arguments(Object[] last, Object... first) {
    Object[] all = Arrays.copyOf(first, first.length + last.length);
    System.arraycopy(last, 0, all, first.length, last.length);
    return all;
  }

  private static TorchOperation.Call ofX(TorchInputs in, String operator, Object... more) {
    return TorchOperation.of(Aten.prepare(operator, arguments(more, in.get("x"))), "y");
  }

  private static TorchOperation.Call gradient(TorchInputs in, String operator, Object... more) {
    return TorchOperation.of(
        Aten.prepare(operator, arguments(more, in.get("dy"), in.get("x"))), "dx");
  }

  /** libtorch keeps the result of these, not x. */
  private static TorchOperation.Call gradientFromResult(TorchInputs in, String operator) {
    Tensor y = Aten.call(operator, in.get("x"));
    return TorchOperation.of(Aten.prepare(operator + "_backward", in.get("dy"), y), "dx");
  }

  private static TorchOperation.Call biasGelu(TorchInputs in) {
    var sum = Aten.prepare("add.Tensor", in.get("x"), in.get("bias"), 1);
    return () -> Map.of("y", Aten.call("gelu", sum.first(), EXACT));
  }

  private static TorchOperation.Call gated(TorchInputs in, Aten.Call activation) {
    Tensor value = in.get("value");
    return () -> Map.of("y", activation.first().mul_(value));
  }

  private static TorchOperation.Call swigluBackward(TorchInputs in) {
    Tensor gate = in.get("gate");
    Tensor value = in.get("value");
    Tensor dy = in.get("dy");
    return () ->
        Map.of(
            "dgate", Aten.call("silu_backward", dy.mul(value), gate),
            "dvalue", Aten.call("silu", gate).mul_(dy));
  }

  /** Random numbers differ from Kiln's, so that there is nothing to compare. */
  private static Map<String, Tensor> dropout(TorchInputs in, Tensor residual) {
    Tensor kept = Aten.call("native_dropout", in.get("x"), DROPPED, true);
    if (residual != null) {
      kept.add_(residual);
    }
    return Map.of();
  }

  private static TorchOperation.Call rotary(TorchInputs in) {
    Tensor x = in.get("x");
    int heads = 1;
    Tensor cos = in.get("cos").unsqueeze(heads).to(x.scalar_type());
    Tensor sin = in.get("sin").unsqueeze(heads).to(x.scalar_type());
    int half = in.size("head") / 2;
    Tensor low = x.narrow(-1, 0, half);
    Tensor high = x.narrow(-1, half, half);
    return () ->
        Map.of(
            "y",
            Aten.call(
                "cat",
                new Tensor[] {low.mul(cos).sub_(high.mul(sin)), high.mul(cos).add_(low.mul(sin))},
                -1));
  }

  private static TorchOperation.Call embedding(TorchInputs in) {
    return TorchOperation.of(
        Aten.prepare("embedding", in.get("table"), in.get("indices"), -1, false, false), "y");
  }

  private static TorchOperation.Call embeddingBackward(TorchInputs in) {
    return TorchOperation.of(
        Aten.prepare(
            "embedding_dense_backward",
            in.get("dy"),
            in.get("indices"),
            in.size("rows"),
            -1,
            false),
        "dtable");
  }
}
