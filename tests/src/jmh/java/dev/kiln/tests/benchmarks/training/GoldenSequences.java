package dev.kiln.tests.benchmarks.training;

import dev.kiln.references.torch.Aten;
import dev.kiln.references.torch.Torch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** Recurrent networks and attention. */
final class GoldenSequences {
  private static final int STEPS = 4;
  private static final int BATCH = 2;
  private static final int IN = 3;
  private static final int STATE = 2;

  private GoldenSequences() {}

  static List<GoldenCase> all() {
    var cases = new ArrayList<GoldenCase>();
    cases.add(recurrent("rnn-tanh", "rnn_tanh.input", 1, 1, true));
    cases.add(recurrent("rnn-relu", "rnn_relu.input", 1, 1, false));
    cases.add(recurrent("gru", "gru.input", 3, 1, false));
    cases.add(recurrent("gru", "gru.input", 3, 1, true));
    cases.add(recurrent("lstm", "lstm.input", 4, 1, false));
    cases.add(recurrent("lstm", "lstm.input", 4, 1, true));
    cases.add(recurrent("lstm-2-layers", "lstm.input", 4, 2, false));
    cases.add(attention("attention", 2, 2, 4, 4, false, 0));
    cases.add(attention("attention-causal", 2, 2, 4, 4, true, 0));
    cases.add(attention("attention-cross", 2, 2, 3, 5, false, 0));
    cases.add(attention("attention-grouped", 4, 2, 4, 4, true, 0));
    cases.add(attention("attention-scaled", 2, 2, 4, 4, false, 0.25));
    cases.add(windowed());
    cases.add(multiHead("multi-head-self", true, false));
    cases.add(multiHead("multi-head-self-causal", true, true));
    cases.add(multiHead("multi-head-cross", false, false));
    return cases;
  }

  /**
   * Input [steps, batch, in]; weights as PyTorch's {@code weight_ih_l0}, ... and their order of
   * gates (LSTM i, f, g, o; GRU r, z, n).
   */
  private static GoldenCase recurrent(
      String name, String operator, int gates, int layers, boolean both) {
    int directions = both ? 2 : 1;
    boolean lstm = gates == 4;
    var made =
        new GoldenCase(name + (both ? "-bidirectional" : ""))
            .about("x [steps, batch, in]; gates in PyTorch's order: LSTM i f g o, GRU r z n")
            .input("x", STEPS, BATCH, IN)
            .scaled("h0", 0.5, 0, layers * directions, BATCH, STATE)
            .option("layers", layers)
            .option("bidirectional", both);
    if (lstm) {
      made.scaled("c0", 0.5, 0, layers * directions, BATCH, STATE);
    }
    var names = new ArrayList<String>();
    for (int layer = 0; layer < layers; layer++) {
      for (int direction = 0; direction < directions; direction++) {
        String suffix = "_l" + layer + (direction == 1 ? "_reverse" : "");
        int rows = gates * STATE;
        made.input("weight_ih" + suffix, rows, layer == 0 ? IN : STATE * directions)
            .input("weight_hh" + suffix, rows, STATE)
            .scaled("bias_ih" + suffix, 0.3, 0, rows)
            .scaled("bias_hh" + suffix, 0.3, 0, rows);
        for (String kind : List.of("weight_ih", "weight_hh", "bias_ih", "bias_hh")) {
          names.add(kind + suffix);
        }
      }
    }
    return made.givesAll(
        in -> {
          Object state = lstm ? in.all("h0", "c0") : in.get("h0");
          Tensor[] weights = in.all(names.toArray(String[]::new));
          Tensor[] results =
              Aten.all(operator, in.get("x"), state, weights, true, layers, 0.0, true, both, false);
          return lstm
              ? Map.of("y", results[0], "h", results[1], "c", results[2])
              : Map.of("y", results[0], "h", results[1]);
        });
  }

  /** q [1, heads, rows, 3]; k and v [1, groups, columns, 3]. */
  private static GoldenCase attention(
      String name, int heads, int groups, int rows, int columns, boolean causal, double scale) {
    return new GoldenCase(name)
        .about(
            "softmax(scale q k') v; scale 0 stands for 1/sqrt(state); [batch, heads, rows, state]")
        .scaled("q", 2, 0, 1, heads, rows, IN)
        .scaled("k", 2, 0, 1, groups, columns, IN)
        .scaled("v", 2, 0, 1, groups, columns, IN)
        .option("causal", causal)
        .option("scale", scale)
        .gives(
            in ->
                Aten.call(
                    "scaled_dot_product_attention",
                    in.get("q"),
                    in.get("k"),
                    in.get("v"),
                    null,
                    0.0,
                    causal,
                    scale == 0 ? null : scale,
                    heads != groups));
  }

  /** Row i sees columns i - 1 and i. */
  private static GoldenCase windowed() {
    int rows = 5;
    float[] mask = new float[rows * rows];
    Arrays.fill(mask, Float.NEGATIVE_INFINITY);
    for (int row = 0; row < rows; row++) {
      mask[row * rows + row] = 0;
      mask[row * rows + Math.max(0, row - 1)] = 0;
    }
    return new GoldenCase("attention-windowed")
        .about("causal; row i sees columns i - 1 and i")
        .scaled("q", 2, 0, 1, 2, rows, IN)
        .scaled("k", 2, 0, 1, 2, rows, IN)
        .scaled("v", 2, 0, 1, 2, rows, IN)
        .option("left", 1)
        .gives(
            in -> {
              Tensor additive = Torch.of(mask, rows, rows).to(in.get("q").scalar_type());
              return Aten.call(
                  "scaled_dot_product_attention",
                  in.get("q"),
                  in.get("k"),
                  in.get("v"),
                  additive,
                  0.0,
                  false,
                  null,
                  false);
            });
  }

  /** Layer as in PyTorch's {@code MultiheadAttention}, batch first. */
  private static GoldenCase multiHead(String name, boolean self, boolean causal) {
    int width = 4;
    int heads = 2;
    var made =
        new GoldenCase(name)
            .about("PyTorch's MultiheadAttention, batch first; in_proj holds q, k and v in turn")
            .input("x", 1, 3, width)
            .input("in_proj_weight", 3 * width, width)
            .scaled("in_proj_bias", 0.3, 0, 3 * width)
            .input("out_proj_weight", width, width)
            .scaled("out_proj_bias", 0.3, 0, width)
            .option("heads", heads)
            .option("causal", causal);
    if (!self) {
      made.input("memory", 1, 5, width);
    }
    return made.gives(
        in -> {
          Tensor memory = in.get(self ? "x" : "memory");
          Tensor[] parts = new Tensor[3];
          for (int i = 0; i < 3; i++) {
            Tensor weight = in.get("in_proj_weight").narrow(0, (long) i * width, width);
            Tensor bias = in.get("in_proj_bias").narrow(0, (long) i * width, width);
            Tensor projected = Aten.call("linear", i == 0 ? in.get("x") : memory, weight, bias);
            parts[i] = projected.view(1, -1, heads, width / heads).transpose(1, 2);
          }
          Tensor o =
              Aten.call(
                  "scaled_dot_product_attention",
                  parts[0],
                  parts[1],
                  parts[2],
                  null,
                  0.0,
                  causal,
                  null,
                  false);
          return Aten.call(
              "linear",
              o.transpose(1, 2).reshape(1, -1, width),
              in.get("out_proj_weight"),
              in.get("out_proj_bias"));
        });
  }
}
