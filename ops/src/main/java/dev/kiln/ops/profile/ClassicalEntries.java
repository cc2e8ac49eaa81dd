package dev.kiln.ops.profile;

import static dev.kiln.ops.profile.Definitions.each;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.classical.Distances;
import dev.kiln.kernels.classical.GraphConvolution;
import dev.kiln.kernels.classical.MaskedResidual;
import dev.kiln.kernels.classical.NearestCentres;
import dev.kiln.kernels.reference.DistancesReference;
import dev.kiln.kernels.reference.GraphConvolutionReference;
import dev.kiln.kernels.reference.MaskedResidualReference;
import dev.kiln.ops.profile.ProfiledOperation.Family;
import java.util.List;
import java.util.Map;

/** Parts of classical methods. */
final class ClassicalEntries {
  private ClassicalEntries() {}

  static List<Entry> all() {
    return List.of(distances(), nearestCentres(), maskedResidual(), graphConvolution());
  }

  private static Entry distances() {
    return Entry.of(
            "distances",
            Family.CLASSICAL,
            "squared distances of all points from all centres",
            "points",
            "centres",
            "features")
        .shapes("19x7x12", "4096x64x32", "8192x256x64")
        .productFlops(s -> 3.0 * s.product("points", "centres", "features"))
        .reads("x", "points", "features")
        .reads("c", "centres", "features")
        .writesStatistics("squares", "points", "centres")
        .runs(
            (device, a) ->
                Call.of(
                    new Distances(device),
                    k -> k.run(a.apply("x"), a.apply("c"), a.apply("squares"))))
        .yields(
            "squares",
            (r, in) ->
                DistancesReference.squares(
                    r,
                    in.values("x"),
                    in.values("c"),
                    in.size("points"),
                    in.size("centres"),
                    in.size("features")));
  }

  private static Entry nearestCentres() {
    return Entry.of(
            "nearest-centres",
            Family.CLASSICAL,
            "the nearest centre of each point: a step of k-means",
            "points",
            "centres",
            "features")
        .shapes("19x7x12", "4096x64x32", "8192x256x64")
        .productFlops(s -> 3.0 * s.product("points", "centres", "features"))
        .reads("x", "points", "features")
        .reads("c", "centres", "features")
        .writes(DType.I32, "index", "points")
        .writesStatistics("squares", "points")
        .runs(
            (device, a) ->
                Call.of(
                    new NearestCentres(device),
                    k ->
                        k.assign(a.apply("x"), a.apply("c"), a.apply("index"), a.apply("squares"))))
        .means(
            (r, in) -> {
              int n = in.size("centres");
              double[] squares =
                  DistancesReference.squares(
                      r, in.values("x"), in.values("c"), in.size("points"), n, in.size("features"));
              int[] index = DistancesReference.nearest(squares, in.size("points"), n);
              return Map.of(
                  "index", Definitions.numbers(index),
                  "squares", each(index.length, i -> squares[i * n + index[i]]));
            });
  }

  private static Entry maskedResidual() {
    return Entry.of(
            "masked-residual",
            Family.CLASSICAL,
            "prediction - target where the target is known, and squares of rows",
            "rows",
            "columns")
        .shapes("7x33", "1024x1024", "2048x4096")
        .flops(s -> 3.0 * s.product("rows", "columns"))
        .reads("prediction", "rows", "columns")
        .reads("target", "rows", "columns")
        .reads(
            DType.I8,
            (random, count, before) -> each(count, _ -> random.nextInt(2)),
            "mask",
            "rows",
            "columns")
        .writes("residual", "rows", "columns")
        .writesStatistics("squares", "rows")
        .runs(
            (device, a) ->
                Call.of(
                    new MaskedResidual(device),
                    k ->
                        k.run(
                            a.apply("prediction"),
                            a.apply("target"),
                            a.apply("mask"),
                            null,
                            a.apply("residual"),
                            a.apply("squares"))))
        .means(
            (r, in) -> {
              double[] residual =
                  MaskedResidualReference.residual(
                      r,
                      in.values("prediction"),
                      in.values("target"),
                      in.values("mask"),
                      null,
                      in.size("columns"));
              return Map.of(
                  "residual",
                  residual,
                  "squares",
                  MaskedResidualReference.squares(
                      r, residual, in.size("rows"), in.size("columns")));
            });
  }

  private static Entry graphConvolution() {
    return Entry.of(
            "graph-convolution",
            Family.CLASSICAL,
            "(edges * weights) x w for one graph",
            "nodes",
            "in",
            "out")
        .shapes("9x5x7", "256x64x64", "512x128x128")
        .productFlops(
            s -> 2.0 * s.product("nodes", "in", "out") + 2.0 * s.product("nodes", "nodes", "out"))
        .reads("a", "nodes", "nodes")
        .reads("m", "nodes", "nodes")
        .reads("x", "1", "nodes", "in")
        .reads("w", "in", "out")
        .writes("y", "1", "nodes", "out")
        .runs(
            (device, a) ->
                Call.of(
                    new GraphConvolution(device),
                    k ->
                        k.forward(
                            a.apply("a"), a.apply("m"), a.apply("x"), a.apply("w"), a.apply("y"))))
        .yields(
            "y",
            (r, in) ->
                GraphConvolutionReference.forward(
                    r,
                    in.values("a"),
                    in.values("m"),
                    in.values("x"),
                    in.values("w"),
                    in.size("nodes"),
                    in.size("in"),
                    in.size("out")));
  }
}
