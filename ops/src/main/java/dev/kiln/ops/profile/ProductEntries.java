package dev.kiln.ops.profile;

import static dev.kiln.kernels.reference.MatmulReference.product;
import static dev.kiln.kernels.reference.MatmulReference.transpose;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.product.Epilogue;
import dev.kiln.kernels.product.ExpertMatmul;
import dev.kiln.kernels.product.GroupedMatmul;
import dev.kiln.kernels.product.Linear;
import dev.kiln.kernels.product.Matmul;
import dev.kiln.kernels.product.QuantizedMatmul;
import dev.kiln.kernels.product.QuantizedWeight;
import dev.kiln.kernels.reference.ActivationReference;
import dev.kiln.kernels.reference.ColumnSumsReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.ops.profile.ProfiledOperation.Family;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Products of matrices. */
final class ProductEntries {
  private static final String SMALL = "33x49x40";
  private static final String[] GRID = {"256x256x256", "512x512x512", "1024x1024x1024"};
  private static final int GROUP = 32;

  private ProductEntries() {}

  static List<Entry> all() {
    return List.of(
        matmul(),
        batched(),
        linear("linear", "y = x W + bias", Activation.NONE),
        linear("linear-gelu", "y = gelu(x W + bias)", Activation.GELU),
        inputGradient(),
        weightGradient(),
        grouped(),
        experts(),
        quantized(8),
        quantized(4));
  }

  private static Entry entry(String name, String about) {
    return Entry.of(name, Family.PRODUCTS, about, "m", "n", "k")
        .shapes(SMALL, GRID)
        .productFlops(s -> 2.0 * s.product("m", "n", "k"));
  }

  private static Entry matmul() {
    return entry("matmul", "C = A B")
        .reads("a", "m", "k")
        .reads("b", "k", "n")
        .writes("c", "m", "n")
        .runs(
            (device, a) ->
                Call.of(new Matmul(device), k -> k.run(a.apply("a"), a.apply("b"), a.apply("c"))))
        .yields("c", (r, in) -> multiplied(r, in, in.values("a"), in.values("b")));
  }

  private static double[] multiplied(Rounding r, CaseInputs in, double[] a, double[] b) {
    return product(r, a, b, in.size("m"), in.size("n"), in.size("k"));
  }

  private static Entry batched() {
    return Entry.of(
            "batched-matmul",
            Family.PRODUCTS,
            "a product for each of a batch",
            "batch",
            "m",
            "n",
            "k")
        .shapes("3x17x20x25", "16x128x128x64", "16x256x256x64")
        .productFlops(s -> 2.0 * s.product("batch", "m", "n", "k"))
        .reads("a", "batch", "m", "k")
        .reads("b", "batch", "k", "n")
        .writes("c", "batch", "m", "n")
        .runs(
            (device, a) ->
                Call.of(new Matmul(device), k -> k.run(a.apply("a"), a.apply("b"), a.apply("c"))))
        .yields(
            "c",
            (r, in) ->
                Definitions.rows(
                    in.size("batch"),
                    i ->
                        multiplied(
                            r,
                            in,
                            Definitions.row(in.values("a"), in.size("m") * in.size("k"), i),
                            Definitions.row(in.values("b"), in.size("k") * in.size("n"), i))));
  }

  private static Entry linear(String name, String about, Activation activation) {
    return entry(name, about)
        .reads("x", "m", "k")
        .reads("w", "k", "n")
        .reads("bias", "n")
        .writes("y", "m", "n")
        .runs(
            (device, a) ->
                Call.of(
                    new Matmul(device),
                    k ->
                        k.run(
                            a.apply("x"), a.apply("w"), a.apply("bias"), activation, a.apply("y"))))
        .yields(
            "y",
            (r, in) ->
                product(
                    r,
                    in.values("x"),
                    in.values("w"),
                    in.values("bias"),
                    activation,
                    in.size("m"),
                    in.size("n"),
                    in.size("k")));
  }

  private static Entry inputGradient() {
    return entry("linear-backward-input", "dx = (dy gelu'(pre)) W^T of a layer with GELU before it")
        .reads("dy", "m", "k")
        .reads("w", "n", "k")
        .reads("pre", "m", "n")
        .writes("dx", "m", "n")
        .runs(
            (device, a) ->
                Call.of(
                    new Linear(device),
                    k ->
                        k.gradientOfInput(
                            a.apply("dy"),
                            a.apply("w"),
                            Activation.GELU,
                            a.apply("pre"),
                            0,
                            a.apply("dx"))))
        .yields(
            "dx",
            (r, in) -> {
              int n = in.size("n");
              double[] w = transpose(in.values("w"), n, in.size("k"));
              double[] through = multiplied(r, in, in.values("dy"), w);
              double[] pre = in.values("pre");
              return Definitions.each(
                  through.length,
                  i -> ActivationReference.gradient(r, Activation.GELU, pre[i], through[i]));
            });
  }

  private static Entry weightGradient() {
    return Entry.of(
            "linear-backward-weight",
            Family.PRODUCTS,
            "dW = x^T dy with the gradient of the bias",
            "m",
            "n",
            "k")
        .shapes(SMALL, GRID)
        .productFlops(s -> 2.0 * s.product("m", "n", "k") + s.product("m", "n"))
        .reads("x", "m", "k")
        .reads("dy", "m", "n")
        .writes("dw", "k", "n")
        .writes("dbias", "n")
        .runs(
            (device, a) ->
                Call.of(
                    new Linear(device),
                    k ->
                        k.gradientOfWeight(
                            a.apply("x"), a.apply("dy"), 0, a.apply("dw"), a.apply("dbias"))))
        .means(
            (r, in) -> {
              int m = in.size("m");
              int n = in.size("n");
              int k = in.size("k");
              double[] x = transpose(in.values("x"), m, k);
              return Map.of(
                  "dw", product(r, x, in.values("dy"), k, n, m),
                  "dbias", ColumnSumsReference.sums(r, in.values("dy"), m, n));
            });
  }

  private static Entry grouped() {
    return Entry.of(
            "grouped-matmul",
            Family.PRODUCTS,
            "two products of different matrices in one launch",
            "m",
            "n",
            "k")
        .shapes(SMALL, "256x256x256", "512x512x512")
        .productFlops(s -> 4.0 * s.product("m", "n", "k"))
        .reads("a", "m", "k")
        .reads("b", "k", "n")
        .reads("a2", "m", "k")
        .reads("b2", "k", "n")
        .writes("c", "m", "n")
        .writes("c2", "m", "n")
        .runs(
            (device, a) -> {
              var kernel = new GroupedMatmul(device);
              var group =
                  kernel.group(
                      List.of(
                          new GroupedMatmul.Product(a.apply("a"), a.apply("b"), null, a.apply("c")),
                          new GroupedMatmul.Product(
                              a.apply("a2"), a.apply("b2"), null, a.apply("c2"))));
              return Call.of(group, g -> kernel.run(g, Activation.NONE));
            })
        .means(
            (r, in) ->
                Map.of(
                    "c", multiplied(r, in, in.values("a"), in.values("b")),
                    "c2", multiplied(r, in, in.values("a2"), in.values("b2"))));
  }

  /** Weights are quantised when the case is prepared; the definition sees what they stand for. */
  private static Entry quantized(int bits) {
    return entry("quantized-matmul-int" + bits, "C = A W with weights of %d bits".formatted(bits))
        .shapes("5x40x64", "1x1024x1024", "16x1024x1024", "256x1024x1024")
        .moves(
            c ->
                (c.sizes().product("m", "k") + c.sizes().product("m", "n")) * c.dtype().bytes()
                    + c.sizes().product("k", "n") * bits / 8.0)
        .reads("a", "m", "k")
        .reads(
            DType.FP32,
            (random, count, before) -> {
              double[] w = new double[count];
              int most = (1 << bits - 1) - 1;
              for (int i = 0; i < count; i++) {
                // The largest of each group is such that scales are powers of two.
                int row = i / before.size("n") % GROUP;
                w[i] = row == 0 ? most / 64.0 : random.nextInt(-most, most + 1) / 64.0;
              }
              return w;
            },
            "w",
            "k",
            "n")
        .writes("c", "m", "n")
        .runs(
            (device, a) -> {
              var w = a.apply("w");
              var weight =
                  QuantizedWeight.of(
                      device, bits, w.toDoubles(), (int) w.dim(0), (int) w.dim(1), GROUP);
              var kernel = new QuantizedMatmul(device);
              AutoCloseable arrays =
                  () -> {
                    weight.q().close();
                    weight.scales().close();
                  };
              return Call.of(
                  arrays, _ -> kernel.run(a.apply("a"), weight, Epilogue.NONE, a.apply("c")));
            })
        .yields("c", (r, in) -> multiplied(r, in, in.values("a"), in.values("w")));
  }

  /** Experts have as many rows each as can be. */
  private static Entry experts() {
    return Entry.of(
            "expert-matmul",
            Family.PRODUCTS,
            "rows of each expert by its own matrix",
            "experts",
            "rows",
            "n",
            "k")
        .shapes("3x37x20x24", "8x512x256x256", "8x1024x512x512")
        .productFlops(s -> 2.0 * s.product("rows", "n", "k"))
        .reads("a", "rows", "k")
        .reads(
            DType.I32,
            (random, count, before) ->
                Definitions.each(
                    count, i -> Math.floorDiv(i * before.size("rows"), before.size("experts"))),
            "offsets",
            "experts+1")
        .reads("b", "experts", "k", "n")
        .writes("c", "rows", "n")
        .runs(
            (device, a) ->
                Call.of(
                    new ExpertMatmul(device),
                    k ->
                        k.run(
                            a.apply("a"),
                            a.apply("offsets"),
                            a.apply("b"),
                            Epilogue.NONE,
                            a.apply("c"))))
        .yields(
            "c",
            (r, in) -> {
              int n = in.size("n");
              int k = in.size("k");
              double[] offsets = in.values("offsets");
              double[] c = new double[in.size("rows") * n];
              for (int e = 0; e < in.size("experts"); e++) {
                int from = (int) offsets[e];
                int to = (int) offsets[e + 1];
                double[] a = Arrays.copyOfRange(in.values("a"), from * k, to * k);
                double[] b = Definitions.row(in.values("b"), k * n, e);
                System.arraycopy(
                    product(r, a, b, to - from, n, k), 0, c, from * n, (to - from) * n);
              }
              return c;
            });
  }
}
