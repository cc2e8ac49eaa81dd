package dev.kiln.ops.profile;

import static dev.kiln.ops.profile.Definitions.each;
import static dev.kiln.ops.profile.Definitions.row;
import static dev.kiln.ops.profile.Definitions.rows;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.rearrange.Indexing;
import dev.kiln.kernels.rearrange.Sorting;
import dev.kiln.kernels.reduction.ColumnSums;
import dev.kiln.kernels.reduction.Extremes;
import dev.kiln.kernels.reduction.Reduction;
import dev.kiln.kernels.reduction.Reductions;
import dev.kiln.kernels.reduction.Scans;
import dev.kiln.kernels.reference.ColumnSumsReference;
import dev.kiln.kernels.reference.ReductionReference;
import dev.kiln.kernels.reference.ScanReference;
import dev.kiln.kernels.reference.SortReference;
import dev.kiln.ops.profile.ProfiledOperation.Family;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Reductions, scans and sorting. */
final class ReductionEntries {
  private static final String[] ROWS = {"rows", "columns"};

  private static final int BEST = 8;

  private ReductionEntries() {}

  static List<Entry> all() {
    return List.of(
        reduction("sum", Reduction.SUM, 1),
        reduction("max", Reduction.MAX, 1),
        reduction("log-sum-exp", Reduction.LOG_SUM_EXP, 3),
        argmax(),
        columnSums(),
        scan(),
        sort(),
        topK(),
        select());
  }

  private static Entry ofRows(String name, String about, int flops) {
    return Entry.of(name, Family.REDUCTIONS, about, ROWS)
        .shapes("7x33", "1024x1024", "2048x4096")
        .flops(s -> (double) flops * s.product(ROWS))
        .reads("x", ROWS);
  }

  private static Entry reduction(String name, Reduction f, int flops) {
    return ofRows("reduce-" + name, name + " of each row", flops)
        .writes("y", "rows", "1")
        .runs(
            (device, a) ->
                Call.of(new Reductions(device), k -> k.run(f, a.apply("x"), a.apply("y"), 1)))
        .yields(
            "y",
            (r, in) ->
                each(
                    in.size("rows"),
                    i ->
                        ReductionReference.value(
                            r, f, row(in.values("x"), in.size("columns"), i))));
  }

  private static Entry argmax() {
    return ofRows("argmax", "the largest of each row, and where it is", 1)
        .writes("value", "rows", "1")
        .writes(DType.I32, "index", "rows", "1")
        .runs(
            (device, a) ->
                Call.of(
                    new Extremes(device),
                    k -> k.largest(a.apply("x"), 1, a.apply("value"), a.apply("index"))))
        .means(
            (r, in) -> {
              int columns = in.size("columns");
              double[] x = in.values("x");
              double[] index =
                  each(in.size("rows"), i -> ReductionReference.largest(row(x, columns, i), 1));
              double[] value = each(index.length, i -> x[i * columns + (int) index[i]]);
              return Map.of("value", value, "index", index);
            });
  }

  private static Entry columnSums() {
    return ofRows("column-sums", "sums of columns: the gradient of a bias", 1)
        .writes("sums", "columns")
        .runs(
            (device, a) ->
                Call.of(new ColumnSums(device), k -> k.run(a.apply("x"), a.apply("sums"))))
        .yields(
            "sums",
            (r, in) ->
                ColumnSumsReference.sums(r, in.values("x"), in.size("rows"), in.size("columns")));
  }

  private static Entry scan() {
    return ofRows("cumulative-sum", "running sums of each row", 1)
        .writes("y", ROWS)
        .runs(
            (device, a) ->
                Call.of(
                    new Scans(device), k -> k.run(Scans.Kind.SUM, a.apply("x"), 1, a.apply("y"))))
        .yields(
            "y",
            (r, in) ->
                rows(
                    in.size("rows"),
                    i ->
                        ScanReference.scan(
                            r,
                            Scans.Kind.SUM,
                            row(in.values("x"), in.size("columns"), i),
                            false,
                            false)));
  }

  private static Entry sort() {
    return ofRows("sort", "rows in ascending order, stable, with where each came from", 0)
        .shapes("7x33", "256x1024", "256x4096")
        .writes("values", ROWS)
        .writes(DType.I32, "index", ROWS)
        .runs(
            (device, a) ->
                Call.of(
                    new Sorting(device),
                    k -> k.sort(a.apply("x"), false, a.apply("values"), a.apply("index"))))
        .means(
            (r, in) -> {
              int columns = in.size("columns");
              double[] x = in.values("x");
              double[] index =
                  rows(
                      in.size("rows"),
                      i -> Definitions.numbers(SortReference.order(row(x, columns, i), false)));
              double[] values = each(index.length, i -> x[i / columns * columns + (int) index[i]]);
              return Map.of("values", values, "index", index);
            });
  }

  private static Entry topK() {
    return ofRows("top-8", "the eight largest of each row, in descending order", 0)
        .shapes("7x33", "256x1024", "512x32000")
        .writes("values", "rows", "8")
        .writes(DType.I32, "index", "rows", "8")
        .runs(
            (device, a) ->
                Call.of(
                    new Sorting(device),
                    k -> k.topK(a.apply("x"), BEST, true, a.apply("values"), a.apply("index"))))
        .means(
            (r, in) -> {
              int columns = in.size("columns");
              double[] x = in.values("x");
              double[] index =
                  rows(
                      in.size("rows"),
                      i ->
                          Definitions.numbers(
                              Arrays.copyOf(SortReference.order(row(x, columns, i), true), BEST)));
              double[] values = each(index.length, i -> x[i / BEST * columns + (int) index[i]]);
              return Map.of("values", values, "index", index);
            });
  }

  private static Entry select() {
    return Entry.of(
            "select-rows",
            Family.REDUCTIONS,
            "rows of a matrix by their numbers",
            "count",
            "rows",
            "columns")
        .shapes("9x7x33", "1024x2048x1024", "4096x8192x1024")
        .flops(_ -> 0)
        .moves(
            c ->
                2.0 * c.sizes().product("count", "columns") * c.dtype().bytes()
                    + c.size("count") * DType.I32.bytes())
        .reads("x", ROWS)
        .reads(DType.I32, Fill.below("rows"), "index", "count")
        .writes("y", "count", "columns")
        .runs(
            (device, a) ->
                Call.of(
                    new Indexing(device),
                    k -> k.select(a.apply("x"), 0, a.apply("index"), a.apply("y"))))
        .yields(
            "y",
            (r, in) -> {
              double[] index = in.values("index");
              return rows(
                  in.size("count"), i -> row(in.values("x"), in.size("columns"), (int) index[i]));
            });
  }
}
