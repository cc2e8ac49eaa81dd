package dev.kiln.references.torch;

import java.util.Map;

/** Reductions, scans and sorting of rows. */
final class TorchReductions {
  private static final long[] COLUMNS = {1};
  private static final long[] ROWS = {0};

  static final Map<String, TorchOperation> ALL =
      Map.of(
          "reduce-sum", in -> call(in, "sum.dim_IntList", COLUMNS, true, null),
          "reduce-max", in -> call(in, "amax", COLUMNS, true),
          "reduce-log-sum-exp", in -> call(in, "logsumexp", COLUMNS, true),
          "argmax",
              in ->
                  TorchOperation.of(
                      Aten.prepare("max.dim", in.get("x"), 1, true), "value", "index"),
          "column-sums",
              in ->
                  TorchOperation.of(
                      Aten.prepare("sum.dim_IntList", in.get("x"), ROWS, false, null), "sums"),
          "cumulative-sum", in -> call(in, "cumsum", 1, null),
          "sort",
              in ->
                  TorchOperation.of(
                      Aten.prepare("sort.stable", in.get("x"), true, 1, false), "values", "index"));

  private TorchReductions() {}

  private static TorchOperation.Call call(TorchInputs in, String operator, Object... more) {
    Object[] arguments = new Object[more.length + 1];
    arguments[0] = in.get("x");
    System.arraycopy(more, 0, arguments, 1, more.length);
    return TorchOperation.of(Aten.prepare(operator, arguments), "y");
  }
}
