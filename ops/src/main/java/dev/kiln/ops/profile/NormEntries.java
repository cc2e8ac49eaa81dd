package dev.kiln.ops.profile;

import static dev.kiln.ops.profile.Definitions.row;
import static dev.kiln.ops.profile.Definitions.rows;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.normalization.BatchNorm;
import dev.kiln.kernels.normalization.ChannelLayout;
import dev.kiln.kernels.normalization.GroupNorm;
import dev.kiln.kernels.normalization.LayerNorm;
import dev.kiln.kernels.normalization.RmsNorm;
import dev.kiln.kernels.normalization.Softmax;
import dev.kiln.kernels.normalization.WeightNorm;
import dev.kiln.kernels.reference.NormReference;
import dev.kiln.kernels.reference.NormReference.Statistics;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.kernels.reference.SoftmaxReference;
import dev.kiln.kernels.reference.WeightNormReference;
import dev.kiln.ops.profile.ProfiledOperation.Family;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Softmax and norms. */
final class NormEntries {
  private static final double EPS = 1e-5;
  private static final int GROUPS = 4;
  private static final String[] ROWS = {"rows", "columns"};
  private static final String[] PLANES = {"images", "channels", "space"};

  private NormEntries() {}

  static List<Entry> all() {
    return List.of(
        softmax("softmax", Softmax.Options.SOFTMAX),
        softmax("log-softmax", Softmax.Options.LOG_SOFTMAX),
        softmaxBackward(),
        rowNorm("layer-norm", true),
        residualLayerNorm(),
        rowNormBackward("layer-norm-backward", true),
        rowNorm("rms-norm", false),
        rowNormBackward("rms-norm-backward", false),
        weightNorm(),
        batchNorm(),
        batchNormBackward(),
        groupNorm(),
        groupNormBackward());
  }

  private static Entry ofRows(String name, String about, int flops) {
    return Entry.of(name, Family.NORMALIZATION, about, ROWS)
        .shapes("7x33", "1024x1024", "1024x4096", "64x32768")
        .flops(s -> (double) flops * s.product(ROWS));
  }

  // Softmax

  private static Entry softmax(String name, Softmax.Options options) {
    return ofRows(name, name + " of rows", 5)
        .reads("x", ROWS)
        .writes("y", ROWS)
        .runs(
            (device, a) ->
                Call.of(new Softmax(device), k -> k.forward(a.apply("x"), options, a.apply("y"))))
        .yields("y", (r, in) -> softmax(r, in, options));
  }

  private static double[] softmax(Rounding r, CaseInputs in, Softmax.Options options) {
    int columns = in.size("columns");
    boolean[] seen = new boolean[columns];
    Arrays.fill(seen, true);
    return rows(
        in.size("rows"),
        i ->
            SoftmaxReference.forward(
                r, row(in.values("x"), columns, i), seen, options.scale(), options.log()));
  }

  private static Entry softmaxBackward() {
    return ofRows("softmax-backward", "the gradient of softmax, from its result", 4)
        .reads(null, NormEntries::shares, "y", ROWS)
        .reads("dy", ROWS)
        .writes("dx", ROWS)
        .runs(
            (device, a) ->
                Call.of(
                    new Softmax(device),
                    k ->
                        k.backward(
                            a.apply("y"), a.apply("dy"), Softmax.Options.SOFTMAX, a.apply("dx"))))
        .yields(
            "dx",
            (r, in) -> {
              int columns = in.size("columns");
              return rows(
                  in.size("rows"),
                  i ->
                      SoftmaxReference.backward(
                          r,
                          row(in.values("y"), columns, i),
                          row(in.values("dy"), columns, i),
                          1,
                          false));
            });
  }

  /** Rows of positive numbers whose sum is about 1. */
  private static double[] shares(
      java.util.random.RandomGenerator random, int count, CaseInputs before) {
    double mean = 2.0 / before.size("columns");
    return Definitions.each(count, _ -> mean * random.nextDouble());
  }

  // Norms of rows

  private static Entry rowNorm(String name, boolean centered) {
    Entry entry =
        ofRows(name, centered ? "(x - mean) / deviation, scaled" : "x / root of mean square", 7)
            .reads("x", ROWS)
            .reads("weight", "columns");
    if (centered) {
      entry.reads("bias", "columns");
    }
    entry.writes("y", ROWS);
    if (centered) {
      entry.writesStatistics("mean", "rows");
    }
    return entry
        .writesStatistics("rstd", "rows")
        .runs(
            (device, a) ->
                centered
                    ? Call.of(
                        new LayerNorm(device),
                        k ->
                            k.forward(
                                a.apply("x"),
                                a.apply("weight"),
                                a.apply("bias"),
                                EPS,
                                a.apply("y"),
                                a.apply("mean"),
                                a.apply("rstd")))
                    : Call.of(
                        new RmsNorm(device),
                        k ->
                            k.forward(
                                a.apply("x"),
                                a.apply("weight"),
                                EPS,
                                a.apply("y"),
                                a.apply("rstd"))))
        .means((r, in) -> normalised(r, in, in.values("x"), centered));
  }

  private static Map<String, double[]> normalised(
      Rounding r, CaseInputs in, double[] x, boolean centered) {
    int columns = in.size("columns");
    int count = in.size("rows");
    double[] mean = new double[count];
    double[] rstd = new double[count];
    double[] bias = centered ? in.values("bias") : null;
    double[] y =
        rows(
            count,
            i -> {
              double[] row = row(x, columns, i);
              Statistics statistics = NormReference.statistics(r, row, EPS, centered);
              mean[i] = statistics.mean();
              rstd[i] = statistics.rstd();
              return NormReference.scaled(
                  r, NormReference.normalised(r, row, statistics), in.values("weight"), bias);
            });
    Map<String, double[]> results = new LinkedHashMap<>();
    results.put("y", y);
    results.put("rstd", rstd);
    if (centered) {
      results.put("mean", mean);
    }
    return results;
  }

  private static Entry residualLayerNorm() {
    return ofRows("residual-layer-norm", "sum = x + residual and its layer norm", 8)
        .reads("x", ROWS)
        .reads("residual", ROWS)
        .reads("weight", "columns")
        .reads("bias", "columns")
        .writes("sum", ROWS)
        .writes("y", ROWS)
        .writesStatistics("mean", "rows")
        .writesStatistics("rstd", "rows")
        .runs(
            (device, a) ->
                Call.of(
                    new LayerNorm(device),
                    k ->
                        k.forwardAdd(
                            a.apply("x"),
                            a.apply("residual"),
                            a.apply("sum"),
                            a.apply("weight"),
                            a.apply("bias"),
                            EPS,
                            a.apply("y"),
                            a.apply("mean"),
                            a.apply("rstd"))))
        .means(
            (r, in) -> {
              double[] x = in.values("x");
              double[] residual = in.values("residual");
              double[] sum = Definitions.each(x.length, i -> r.of(x[i] + residual[i]));
              // What is normalised is the sum as it is stored.
              double[] stored =
                  in.ofCase().dtype() == DType.FP32
                      ? sum
                      : Rounding.to(in.ofCase().dtype()).of(sum);
              Map<String, double[]> results = normalised(r, in, stored, true);
              results.put("sum", sum);
              return results;
            });
  }

  private static Entry rowNormBackward(String name, boolean centered) {
    Entry entry =
        ofRows(name, "gradients of the input and of the parameters", 12)
            .reads("dy", ROWS)
            .reads("x", ROWS)
            .reads("weight", "columns");
    if (centered) {
      entry.readsStatistics(
          Fill.from(in -> statistics(in, true, Statistics::mean)), "mean", "rows");
    }
    entry
        .readsStatistics(
            Fill.from(in -> statistics(in, centered, Statistics::rstd)), "rstd", "rows")
        .writes("dx", ROWS)
        .writes("dweight", "columns");
    if (centered) {
      entry.writes("dbias", "columns");
    }
    return entry
        .runs(
            (device, a) ->
                centered
                    ? Call.of(
                        new LayerNorm(device),
                        k ->
                            k.backward(
                                a.apply("dy"),
                                a.apply("x"),
                                a.apply("weight"),
                                a.apply("mean"),
                                a.apply("rstd"),
                                null,
                                a.apply("dx"),
                                a.apply("dweight"),
                                a.apply("dbias")))
                    : Call.of(
                        new RmsNorm(device),
                        k ->
                            k.backward(
                                a.apply("dy"),
                                a.apply("x"),
                                a.apply("weight"),
                                a.apply("rstd"),
                                null,
                                a.apply("dx"),
                                a.apply("dweight"))))
        .means((r, in) -> rowGradients(r, in, centered));
  }

  private static double[] statistics(
      CaseInputs in, boolean centered, java.util.function.ToDoubleFunction<Statistics> which) {
    return Definitions.each(
        in.size("rows"),
        i ->
            which.applyAsDouble(
                NormReference.statistics(
                    Rounding.EXACT, row(in.values("x"), in.size("columns"), i), EPS, centered)));
  }

  private static Map<String, double[]> rowGradients(Rounding r, CaseInputs in, boolean centered) {
    int columns = in.size("columns");
    double[] weight = in.values("weight");
    double[] dweight = new double[columns];
    double[] dbias = new double[columns];
    double[] dx =
        rows(
            in.size("rows"),
            i -> {
              double[] dy = row(in.values("dy"), columns, i);
              double mean = centered ? in.values("mean")[i] : 0;
              double rstd = in.values("rstd")[i];
              double[] h =
                  NormReference.normalised(
                      r, row(in.values("x"), columns, i), new Statistics(mean, 0, rstd));
              for (int j = 0; j < columns; j++) {
                dweight[j] = r.of(dweight[j] + r.of(dy[j] * h[j]));
                dbias[j] = r.of(dbias[j] + dy[j]);
              }
              double[] g = NormReference.scaled(r, dy, weight, null);
              return NormReference.backward(r, g, h, rstd, centered);
            });
    return Map.of("dx", dx, "dweight", dweight, "dbias", dbias);
  }

  private static Entry weightNorm() {
    return ofRows("weight-norm", "rows of a parameter at lengths that are learned", 4)
        .reads("v", ROWS)
        .reads("g", "rows")
        .writes("w", ROWS)
        .writesStatistics("norms", "rows")
        .runs(
            (device, a) ->
                Call.of(
                    new WeightNorm(device),
                    k -> k.forward(a.apply("v"), a.apply("g"), a.apply("w"), a.apply("norms"))))
        .means(
            (r, in) -> {
              int columns = in.size("columns");
              int count = in.size("rows");
              double[] v = in.values("v");
              double[] g = in.values("g");
              return Map.of(
                  "w", rows(count, i -> WeightNormReference.forward(r, row(v, columns, i), g[i])),
                  "norms",
                      Definitions.each(
                          count, i -> WeightNormReference.norm(r, row(v, columns, i))));
            });
  }

  // Norms of channels

  private static Entry ofPlanes(String name, String about, int flops) {
    return Entry.of(name, Family.NORMALIZATION, about, PLANES)
        .shapes("3x8x35", "16x64x784", "32x128x784")
        .flops(s -> (double) flops * s.product(PLANES));
  }

  /** A set of numbers that are normalised together: from, and how many planes of a sample. */
  private record Part(int images, int channels, int space, int perSet, boolean acrossImages) {
    int sets() {
      return channels / perSet * (acrossImages ? 1 : images);
    }

    int length() {
      return perSet * space * (acrossImages ? images : 1);
    }

    /** Where element {@code i} of a set lies. */
    int at(int set, int i) {
      return acrossImages
          ? (i / space * channels + set) * space + i % space
          : set * perSet * space + i;
    }

    int channel(int at) {
      return at / space % channels;
    }

    double[] gather(double[] x, int set) {
      return Definitions.each(length(), i -> x[at(set, i)]);
    }
  }

  private static Part batch(CaseInputs in) {
    return new Part(in.size("images"), in.size("channels"), in.size("space"), 1, true);
  }

  private static Part group(CaseInputs in) {
    int channels = in.size("channels");
    return new Part(in.size("images"), channels, in.size("space"), channels / GROUPS, false);
  }

  private static Map<String, double[]> normalised(Rounding r, CaseInputs in, Part part) {
    double[] x = in.values("x");
    double[] y = new double[x.length];
    double[] mean = new double[part.sets()];
    double[] rstd = new double[part.sets()];
    for (int set = 0; set < part.sets(); set++) {
      double[] values = part.gather(x, set);
      Statistics statistics = NormReference.statistics(r, values, EPS, true);
      double[] h = NormReference.normalised(r, values, statistics);
      for (int i = 0; i < h.length; i++) {
        int at = part.at(set, i);
        int channel = part.channel(at);
        y[at] = r.of(r.of(h[i] * in.values("weight")[channel]) + in.values("bias")[channel]);
      }
      mean[set] = statistics.mean();
      rstd[set] = statistics.rstd();
    }
    return Map.of("y", y, "mean", mean, "rstd", rstd);
  }

  private static Map<String, double[]> gradients(Rounding r, CaseInputs in, Part part) {
    double[] x = in.values("x");
    double[] dx = new double[x.length];
    double[] dweight = new double[part.channels()];
    double[] dbias = new double[part.channels()];
    for (int set = 0; set < part.sets(); set++) {
      double rstd = in.values("rstd")[set];
      double[] h =
          NormReference.normalised(
              r, part.gather(x, set), new Statistics(in.values("mean")[set], 0, rstd));
      double[] g = part.gather(in.values("dy"), set);
      for (int i = 0; i < h.length; i++) {
        int channel = part.channel(part.at(set, i));
        dweight[channel] = r.of(dweight[channel] + r.of(g[i] * h[i]));
        dbias[channel] = r.of(dbias[channel] + g[i]);
        g[i] = r.of(g[i] * in.values("weight")[channel]);
      }
      double[] gradient = NormReference.backward(r, g, h, rstd, true);
      for (int i = 0; i < h.length; i++) {
        dx[part.at(set, i)] = gradient[i];
      }
    }
    return Map.of("dx", dx, "dweight", dweight, "dbias", dbias);
  }

  private static double[] statistic(
      CaseInputs in, Part part, java.util.function.ToDoubleFunction<Statistics> which) {
    return Definitions.each(
        part.sets(),
        set ->
            which.applyAsDouble(
                NormReference.statistics(
                    Rounding.EXACT, part.gather(in.values("x"), set), EPS, true)));
  }

  /**
   * Gradients of a norm of planes, without what runs and means it.
   *
   * @param sets what is normalised together
   * @param count how many statistics there are
   */
  private static Entry ofPlaneGradients(
      String name, Function<CaseInputs, Part> sets, String count) {
    return parameters(
            ofPlanes(name, "gradients of the input and the parameters", 12)
                .reads("dy", PLANES)
                .reads("x", PLANES))
        .readsStatistics(
            Fill.from(in -> statistic(in, sets.apply(in), Statistics::mean)), "mean", count)
        .readsStatistics(
            Fill.from(in -> statistic(in, sets.apply(in), Statistics::rstd)), "rstd", count)
        .writes("dx", PLANES)
        .writes("dweight", "channels")
        .writes("dbias", "channels");
  }

  private static Entry parameters(Entry entry) {
    return entry.reads("weight", "channels").reads("bias", "channels");
  }

  private static Entry batchNorm() {
    var options = new BatchNorm.Options(ChannelLayout.FIRST, EPS, 0.1, Activation.NONE);
    return parameters(
            ofPlanes("batch-norm", "training: each channel over all images", 7).reads("x", PLANES))
        .readsStatistics(Fill.ZEROS, "running mean", "channels")
        .readsStatistics(Fill.ZEROS, "running variance", "channels")
        .writes("y", PLANES)
        .writesStatistics("mean", "channels")
        .writesStatistics("rstd", "channels")
        .runs(
            (device, a) ->
                Call.of(
                    new BatchNorm(device),
                    k ->
                        k.train(
                            a.apply("x"),
                            a.apply("weight"),
                            a.apply("bias"),
                            a.apply("running mean"),
                            a.apply("running variance"),
                            options,
                            a.apply("y"),
                            a.apply("mean"),
                            a.apply("rstd"))))
        .means((r, in) -> normalised(r, in, batch(in)));
  }

  private static Entry batchNormBackward() {
    var options = new BatchNorm.Options(ChannelLayout.FIRST, EPS, 0.1, Activation.NONE);
    return ofPlaneGradients("batch-norm-backward", NormEntries::batch, "channels")
        .runs(
            (device, a) ->
                Call.of(
                    new BatchNorm(device),
                    k ->
                        k.backward(
                            a.apply("dy"),
                            a.apply("x"),
                            a.apply("weight"),
                            a.apply("bias"),
                            a.apply("mean"),
                            a.apply("rstd"),
                            options,
                            a.apply("dx"),
                            a.apply("dweight"),
                            a.apply("dbias"))))
        .means((r, in) -> gradients(r, in, batch(in)));
  }

  private static Entry groupNorm() {
    var options = new GroupNorm.Options(ChannelLayout.FIRST, GROUPS, EPS, Activation.NONE);
    return parameters(
            ofPlanes("group-norm", "each image over groups of channels", 7).reads("x", PLANES))
        .writes("y", PLANES)
        .writesStatistics("mean", "4*images")
        .writesStatistics("rstd", "4*images")
        .runs(
            (device, a) ->
                Call.of(
                    new GroupNorm(device),
                    k ->
                        k.forward(
                            a.apply("x"),
                            a.apply("weight"),
                            a.apply("bias"),
                            options,
                            a.apply("y"),
                            a.apply("mean"),
                            a.apply("rstd"))))
        .means((r, in) -> normalised(r, in, group(in)));
  }

  private static Entry groupNormBackward() {
    var options = new GroupNorm.Options(ChannelLayout.FIRST, GROUPS, EPS, Activation.NONE);
    return ofPlaneGradients("group-norm-backward", NormEntries::group, "4*images")
        .runs(
            (device, a) ->
                Call.of(
                    new GroupNorm(device),
                    k ->
                        k.backward(
                            a.apply("dy"),
                            a.apply("x"),
                            a.apply("weight"),
                            a.apply("bias"),
                            a.apply("mean"),
                            a.apply("rstd"),
                            options,
                            a.apply("dx"),
                            a.apply("dweight"),
                            a.apply("dbias"))))
        .means((r, in) -> gradients(r, in, group(in)));
  }
}
