package dev.kiln.ops.profile;

import static dev.kiln.ops.profile.Definitions.each;
import static dev.kiln.ops.profile.Definitions.row;
import static dev.kiln.ops.profile.Definitions.rows;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.elementwise.Activations;
import dev.kiln.kernels.elementwise.BiasActivation;
import dev.kiln.kernels.elementwise.BinaryFunction;
import dev.kiln.kernels.elementwise.Dropout;
import dev.kiln.kernels.elementwise.GatedUnits;
import dev.kiln.kernels.elementwise.LearnableActivation;
import dev.kiln.kernels.elementwise.Pointwise;
import dev.kiln.kernels.elementwise.Rotary;
import dev.kiln.kernels.embedding.Embedding;
import dev.kiln.kernels.reference.ActivationReference;
import dev.kiln.kernels.reference.DropoutReference;
import dev.kiln.kernels.reference.EmbeddingReference;
import dev.kiln.kernels.reference.GatedUnitsReference;
import dev.kiln.kernels.reference.LearnableActivationReference;
import dev.kiln.kernels.reference.PointwiseReference;
import dev.kiln.kernels.reference.RotaryReference;
import dev.kiln.ops.profile.ProfiledOperation.Family;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Operations on each element, rotary positions, embeddings. */
final class ElementwiseEntries {
  private static final String[] ROWS = {"rows", "columns"};
  private static final String[] HEADS = {"batch", "length", "heads", "head"};
  private static final double DROPPED = 0.1;
  private static final long SEED = 42;

  private ElementwiseEntries() {}

  static List<Entry> all() {
    List<Entry> entries = new ArrayList<>();
    for (Activation activation :
        List.of(
            Activation.RELU,
            Activation.GELU,
            Activation.GELU_TANH,
            Activation.SILU,
            Activation.MISH,
            Activation.SIGMOID,
            Activation.TANH,
            Activation.SOFTPLUS)) {
      entries.add(activation(activation));
      entries.add(activationBackward(activation));
    }
    entries.addAll(
        List.of(
            biasGelu(),
            prelu(),
            add(),
            gated("swiglu", Activation.SILU),
            gatedBackward("swiglu-backward", Activation.SILU),
            gated("geglu", Activation.GELU),
            dropout(),
            residualDropout(),
            rotary(),
            embedding(),
            embeddingBackward()));
    return entries;
  }

  private static Entry ofRows(String name, String about, int flops) {
    return Entry.of(name, Family.ELEMENTWISE, about, ROWS)
        .shapes("7x33", "1024x1024", "2048x4096")
        .flops(s -> (double) flops * s.product(ROWS));
  }

  private static String name(Activation activation) {
    return activation.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static int flops(Activation activation) {
    return activation == Activation.RELU ? 1 : 5;
  }

  private static Entry activation(Activation activation) {
    String name = name(activation);
    return ofRows(name, name + " of each element", flops(activation))
        .reads("x", ROWS)
        .writes("y", ROWS)
        .runs(
            (device, a) ->
                Call.of(
                    new Activations(device),
                    k -> k.forward(activation, a.apply("x"), a.apply("y"))))
        .yields(
            "y",
            (r, in) -> {
              double[] x = in.values("x");
              return each(x.length, i -> ActivationReference.value(r, activation, x[i]));
            });
  }

  private static Entry activationBackward(Activation activation) {
    return ofRows(
            name(activation) + "-backward", "the gradient, from x and dy", 2 * flops(activation))
        .reads("x", ROWS)
        .reads("dy", ROWS)
        .writes("dx", ROWS)
        .runs(
            (device, a) ->
                Call.of(
                    new Activations(device),
                    k -> k.backward(activation, a.apply("x"), a.apply("dy"), a.apply("dx"))))
        .yields(
            "dx",
            (r, in) -> {
              double[] x = in.values("x");
              double[] dy = in.values("dy");
              return each(x.length, i -> ActivationReference.gradient(r, activation, x[i], dy[i]));
            });
  }

  private static Entry biasGelu() {
    return ofRows("bias-gelu", "gelu(x + bias)", 6)
        .reads("x", ROWS)
        .reads("bias", "columns")
        .writes("y", ROWS)
        .runs(
            (device, a) ->
                Call.of(
                    new BiasActivation(device),
                    k -> k.forward(Activation.GELU, a.apply("x"), a.apply("bias"), a.apply("y"))))
        .yields(
            "y",
            (r, in) -> {
              double[] x = in.values("x");
              double[] bias = in.values("bias");
              return each(
                  x.length,
                  i ->
                      ActivationReference.value(
                          r, Activation.GELU, r.of(x[i] + bias[i % bias.length])));
            });
  }

  private static Entry prelu() {
    var f = LearnableActivation.Function.PRELU;
    return ofRows("prelu", "ReLU with a slope for each column that is learned", 2)
        .reads("x", ROWS)
        .reads("a", "columns")
        .writes("y", ROWS)
        .runs(
            (device, a) ->
                Call.of(
                    new LearnableActivation(device),
                    k -> k.forward(f, a.apply("x"), 1, a.apply("a"), a.apply("y"))))
        .yields(
            "y",
            (r, in) -> {
              double[] x = in.values("x");
              double[] slopes = in.values("a");
              return each(
                  x.length,
                  i -> LearnableActivationReference.value(r, f, x[i], slopes[i % slopes.length]));
            });
  }

  private static Entry add() {
    return ofRows("add", "a + b", 1)
        .reads("a", ROWS)
        .reads("b", ROWS)
        .writes("y", ROWS)
        .runs(
            (device, a) ->
                Call.of(
                    new Pointwise(device),
                    k -> k.binary(BinaryFunction.ADD, a.apply("a"), a.apply("b"), a.apply("y"))))
        .yields(
            "y",
            (r, in) -> {
              double[] a = in.values("a");
              double[] b = in.values("b");
              return each(
                  a.length, i -> PointwiseReference.value(r, BinaryFunction.ADD, a[i], b[i], 1, 1));
            });
  }

  private static Entry gated(String name, Activation activation) {
    return ofRows(name, "activation(gate) value", 6)
        .reads("gate", ROWS)
        .reads("value", ROWS)
        .writes("y", ROWS)
        .runs(
            (device, a) ->
                Call.of(
                    new GatedUnits(device),
                    k -> k.forward(activation, a.apply("gate"), a.apply("value"), a.apply("y"))))
        .yields(
            "y",
            (r, in) -> {
              double[] gate = in.values("gate");
              double[] value = in.values("value");
              return each(
                  gate.length,
                  i -> GatedUnitsReference.value(r, activation.usual(), gate[i], value[i]));
            });
  }

  private static Entry gatedBackward(String name, Activation activation) {
    return ofRows(name, "gradients of gate and value", 12)
        .reads("gate", ROWS)
        .reads("value", ROWS)
        .reads("dy", ROWS)
        .writes("dgate", ROWS)
        .writes("dvalue", ROWS)
        .runs(
            (device, a) ->
                Call.of(
                    new GatedUnits(device),
                    k ->
                        k.backward(
                            activation,
                            a.apply("gate"),
                            a.apply("value"),
                            a.apply("dy"),
                            a.apply("dgate"),
                            a.apply("dvalue"))))
        .means(
            (r, in) -> {
              var f = activation.usual();
              double[] gate = in.values("gate");
              double[] value = in.values("value");
              double[] dy = in.values("dy");
              return Map.of(
                  "dgate",
                  each(
                      gate.length,
                      i -> GatedUnitsReference.gateGradient(r, f, gate[i], value[i], dy[i])),
                  "dvalue",
                  each(gate.length, i -> GatedUnitsReference.valueGradient(r, f, gate[i], dy[i])));
            });
  }

  private static Entry dropout() {
    return ofRows("dropout", "a tenth of the elements is dropped, by Philox", 1)
        .reads("x", ROWS)
        .writes("y", ROWS)
        .runs(
            (device, a) ->
                Call.of(
                    new Dropout(device), k -> k.run(a.apply("x"), DROPPED, SEED, 0, a.apply("y"))))
        .yields("y", (r, in) -> DropoutReference.apply(r, in.values("x"), DROPPED, SEED, 0));
  }

  private static Entry residualDropout() {
    return ofRows("residual-dropout", "residual + dropout(x)", 2)
        .reads("x", ROWS)
        .reads("residual", ROWS)
        .writes("y", ROWS)
        .runs(
            (device, a) ->
                Call.of(
                    new Dropout(device),
                    k -> k.run(a.apply("x"), a.apply("residual"), DROPPED, SEED, 0, a.apply("y"))))
        .yields(
            "y",
            (r, in) -> {
              double[] kept = DropoutReference.apply(r, in.values("x"), DROPPED, SEED, 0);
              double[] residual = in.values("residual");
              return each(kept.length, i -> r.of(kept[i] + residual[i]));
            });
  }

  // Positions and tables

  /** Angles come from tables, as in training. */
  private static Entry rotary() {
    return Entry.of("rotary", Family.EMBEDDING, "pairs of a head turn by their position", HEADS)
        .shapes("2x7x3x16", "4x512x8x64", "8x1024x8x64")
        .flops(s -> 3.0 * s.product(HEADS))
        .reads("x", HEADS)
        .readsStatistics(Fill.from(in -> angles(in, true)), "cos", "length", "head/2")
        .readsStatistics(Fill.from(in -> angles(in, false)), "sin", "length", "head/2")
        .writes("y", HEADS)
        .runs(
            (device, a) -> {
              var x = a.apply("x");
              var options = Rotary.Options.of(Rotary.Form.HALF_SPLIT, (int) x.dim(3));
              var angles = new Rotary.Angles(null, a.apply("cos"), a.apply("sin"));
              return Call.of(new Rotary(device), k -> k.forward(x, options, angles, a.apply("y")));
            })
        .yields(
            "y",
            (r, in) -> {
              int head = in.size("head");
              int heads = in.size("heads");
              int length = in.size("length");
              return rows(
                  in.size("batch") * length * heads,
                  i -> {
                    int place = i / heads % length;
                    return RotaryReference.turn(
                        r,
                        row(in.values("x"), head, i),
                        row(in.values("cos"), head / 2, place),
                        row(in.values("sin"), head / 2, place),
                        false,
                        false);
                  });
            });
  }

  private static double[] angles(CaseInputs in, boolean cosine) {
    int head = in.size("head");
    int pairs = head / 2;
    return each(
        in.size("length") * pairs,
        i -> {
          double angle = i / pairs * Math.pow(Rotary.Options.BASE, -2.0 * (i % pairs) / head);
          return cosine ? Math.cos(angle) : Math.sin(angle);
        });
  }

  private static Entry table(String name, String about) {
    return Entry.of(name, Family.EMBEDDING, about, "tokens", "rows", "columns")
        .shapes("19x13x24", "4096x8192x256", "8192x32768x512");
  }

  private static Entry embedding() {
    return table("embedding", "rows of a table by their numbers")
        .flops(_ -> 0)
        .moves(
            c ->
                2.0 * c.sizes().product("tokens", "columns") * c.dtype().bytes()
                    + c.size("tokens") * DType.I32.bytes())
        .reads("table", ROWS)
        .reads(DType.I32, Fill.below("rows"), "indices", "tokens")
        .writes("y", "tokens", "columns")
        .runs(
            (device, a) ->
                Call.of(
                    new Embedding(device),
                    k -> k.forward(a.apply("table"), a.apply("indices"), a.apply("y"))))
        .yields(
            "y",
            (r, in) ->
                EmbeddingReference.rows(
                    r,
                    in.values("table"),
                    in.size("columns"),
                    Definitions.integers(in.values("indices")),
                    1));
  }

  private static Entry embeddingBackward() {
    return table("embedding-backward", "gradients of the rows, those of a row added up")
        .flops(s -> s.product("tokens", "columns"))
        .reads(DType.I32, Fill.below("rows"), "indices", "tokens")
        .reads("dy", "tokens", "columns")
        .writes("dtable", ROWS)
        .runs(
            (device, a) ->
                Call.of(
                    new Embedding(device),
                    k -> k.backward(a.apply("indices"), a.apply("dy"), a.apply("dtable"))))
        .yields(
            "dtable",
            (r, in) ->
                EmbeddingReference.gradient(
                    r,
                    in.values("dy"),
                    in.size("rows"),
                    in.size("columns"),
                    Definitions.integers(in.values("indices")),
                    1,
                    -1));
  }
}
