package dev.kiln.tests.rules;

import static dev.kiln.tests.rules.HostArray.integers;
import static dev.kiln.tests.rules.HostArray.normal;
import static dev.kiln.tests.rules.HostArray.unwritten;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Pointwise;
import dev.kiln.kernels.rearrange.Indexing;
import dev.kiln.kernels.rearrange.Sorting;
import dev.kiln.kernels.reduction.Extremes;
import dev.kiln.kernels.reduction.Reduction;
import dev.kiln.kernels.reduction.Reductions;
import dev.kiln.kernels.reduction.Scans;
import java.util.List;

/** Launches of reductions, scans and rearrangements. */
final class ReductionCases {
  private ReductionCases() {}

  static List<KernelCase> all() {
    return List.of(
        reduction("Reductions of rows", Reduction.SUM, 7, 1000, 1),
        reduction("Reductions of columns", Reduction.LOG_SUM_EXP, 300, 70, 0),
        reduction("Reductions in parts", Reduction.L2, 1, 200_001, 1),
        variance(),
        extremes(),
        scans(),
        sorting(),
        topK(),
        indexing(),
        transpose());
  }

  private static KernelCase reduction(String name, Reduction f, int rows, int columns, int axis) {
    int results = axis == 0 ? columns : rows;
    return new KernelCase(
        name,
        List.of(normal(1, rows, columns), unwritten(results), unwritten(rows, columns)),
        (device, a) -> {
          var kernel = new Reductions(device);
          boolean needsX = f != Reduction.SUM;
          return () -> {
            kernel.run(f, a.get(0), a.get(1), axis);
            kernel.backward(
                f, needsX ? a.get(0) : null, needsX ? a.get(1) : null, a.get(1), a.get(2), axis);
          };
        });
  }

  private static KernelCase variance() {
    return new KernelCase(
        "Reductions.variance",
        List.of(normal(2, 9, 333), unwritten(9), unwritten(9, 333)),
        (device, a) -> {
          var kernel = new Reductions(device);
          return () -> {
            kernel.variance(a.get(0), 1, true, a.get(1), 1);
            kernel.varianceBackward(a.get(0), 1, a.get(1), a.get(2), 1);
          };
        });
  }

  private static KernelCase extremes() {
    return new KernelCase(
        "Extremes",
        List.of(
            normal(3, 9, 333), unwritten(9), integers(DType.I32, 4, -9, -1, 9), unwritten(9, 333)),
        (device, a) -> {
          var kernel = new Extremes(device);
          return () -> {
            kernel.largest(a.get(0), 1, a.get(1), a.get(2));
            kernel.backward(a.get(2), 1, a.get(1), a.get(3));
          };
        });
  }

  private static KernelCase scans() {
    return new KernelCase(
        "Scans",
        List.of(normal(5, 5, 1500), unwritten(5, 1500), unwritten(5, 1500), unwritten(5, 1500)),
        (device, a) -> {
          var kernel = new Scans(device);
          return () -> {
            kernel.run(Scans.Kind.SUM, a.get(0), 1, true, true, a.get(1));
            kernel.run(Scans.Kind.LOG_SUM_EXP, a.get(0), 0, a.get(2));
            kernel.productBackward(a.get(0), a.get(1), 1, false, a.get(3));
          };
        });
  }

  private static KernelCase sorting() {
    return new KernelCase(
        "Sorting",
        List.of(normal(6, 3, 700), unwritten(3, 700), integers(DType.I32, 7, -9, -1, 3, 700)),
        (device, a) -> {
          var kernel = new Sorting(device);
          return () -> kernel.sort(a.get(0), true, a.get(1), a.get(2));
        });
  }

  private static KernelCase topK() {
    return new KernelCase(
        "Sorting.topK",
        List.of(normal(8, 3, 1700), unwritten(3, 20), integers(DType.I32, 9, -9, -1, 3, 20)),
        (device, a) -> {
          var kernel = new Sorting(device);
          return () -> kernel.topK(a.get(0), 20, true, a.get(1), a.get(2));
        });
  }

  private static KernelCase indexing() {
    return new KernelCase(
        "Indexing",
        List.of(
            normal(10, 40, 70),
            integers(DType.I32, 11, 0, 40, 60, 70),
            integers(DType.I32, 12, 0, 40, 60),
            unwritten(60, 70),
            unwritten(60, 70)),
        (device, a) -> {
          var kernel = new Indexing(device);
          return () -> {
            kernel.gather(a.get(0), 0, a.get(1), a.get(3));
            kernel.select(a.get(0), 0, a.get(2), a.get(4));
            kernel.scatterAdd(a.get(3), 0, a.get(1), a.get(0));
            kernel.addRows(a.get(4), 0, a.get(2), a.get(0));
          };
        });
  }

  private static KernelCase transpose() {
    return new KernelCase(
        "Pointwise.copy, transposed",
        List.of(normal(13, 70, 90), unwritten(90, 70)),
        (device, a) -> {
          var kernel = new Pointwise(device);
          return () -> kernel.copy(a.get(0).permute(1, 0), a.get(1));
        });
  }
}
