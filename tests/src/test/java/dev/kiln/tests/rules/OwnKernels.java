package dev.kiln.tests.rules;

import static dev.kiln.tests.rules.HostArray.integers;
import static dev.kiln.tests.rules.HostArray.normal;
import static dev.kiln.tests.rules.HostArray.quarters;
import static dev.kiln.tests.rules.HostArray.unwritten;
import static dev.kiln.tests.rules.HostArray.zeros;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.KernelModule;
import java.util.List;

/** Launches of the kernels in {@code rules.py}: odd sizes, several programs each. */
public final class OwnKernels {
  private static final KernelModule MODULE = KernelModule.resource(OwnKernels.class, "rules.py");

  private OwnKernels() {}

  public static List<KernelCase> all() {
    return List.of(
        of("elementwise", 9, normal(1, 1001), normal(2, 1001), unwritten(1001), 1001, 0.7, 128),
        of("functions", 4, normal(3, 403), unwritten(8 * 403), 403, 128),
        of("integers", 5, ints(4, 601), ints(5, 601), unwritten(DType.I32, 601), 601, 128),
        conversions(),
        of("masked_rows", 5, normal(6, 19 * 40), unwritten(19 * 40), 19, 37, 40, 4, 64),
        rowReductions(),
        of(
            "tile_reductions",
            4,
            normal(8, 4 * 16 * 32),
            unwritten(4 * 16),
            unwritten(4 * 32),
            unwritten(4),
            16,
            32),
        of("welford", 5, normal(9, 5 * 100), unwritten(5), unwritten(5), 97, 100, 128),
        of("softmax", 7, normal(10, 7 * 200), unwritten(7 * 200), 187, 200, 256),
        of(
            "layer_norm",
            6,
            normal(11, 6 * 300),
            normal(12, 300),
            normal(13, 300),
            unwritten(6 * 300),
            299,
            300,
            1e-5,
            64),
        of(
            "product",
            Grid.of(3, 3),
            normal(14, 70 * 50),
            normal(15, 50 * 90),
            unwritten(70 * 90),
            70,
            90,
            50,
            32,
            32,
            16),
        of(
            "half_product",
            3,
            quarters(DType.FP16, 16, 3 * 32 * 64),
            quarters(DType.FP16, 17, 32 * 64),
            unwritten(3 * 32 * 32),
            64,
            32),
        of(
            "attention",
            4,
            normal(18, 60 * 32),
            normal(19, 60 * 32),
            normal(20, 60 * 32),
            unwritten(60 * 32),
            60,
            0.2,
            32,
            16),
        of("scans", 4, normal(21, 4 * 128), unwritten(4 * 3 * 128), 128, 128),
        of(
            "recurrence",
            3,
            normal(22, 3 * 16 * 32),
            normal(23, 3 * 16 * 32),
            unwritten(3 * 16 * 32),
            16,
            32),
        of("sorting", 5, normal(24, 5 * 64), unwritten(5 * 64), unwritten(5 * 8), 64, 8),
        of(
            "counting",
            4,
            integers(DType.I32, 25, 0, 1000, 500),
            zeros(DType.I32, 64),
            500,
            32,
            128),
        of(
            "float_atomics",
            8,
            normal(26, 500),
            integers(DType.I32, 27, 0, 11, 500),
            zeros(DType.FP32, 11),
            unwritten(500),
            500,
            64),
        of(
            "lock_and_add",
            9,
            normal(28, 9 * 64),
            zeros(DType.FP32, 64),
            zeros(DType.I32, 2),
            unwritten(DType.I32, 64),
            64),
        of(
            "gathers",
            5,
            normal(29, 700),
            integers(DType.I32, 30, 0, 700, 300),
            unwritten(300),
            300,
            13,
            64),
        of(
            "embedding",
            4,
            normal(31, 40 * 32),
            integers(DType.I64, 32, 0, 40, 30),
            unwritten(30 * 32),
            30,
            32,
            8),
        of("carried", 4, normal(33, 4 * 128), normal(34, 200), unwritten(4 * 128), 200, 9, 128),
        of("convergence", 4, normal(35, 4 * 64), unwritten(4 * 64), unwritten(DType.I32, 4), 64),
        of("shapes", 3, normal(36, 3 * 16 * 8), unwritten(3 * 16 * 8), 16, 8),
        of("random_numbers", 4, unwritten(500), unwritten(DType.I32, 500), 500, 42, 128),
        of("transposed_copy", Grid.of(3, 2), normal(37, 40 * 25), unwritten(25 * 40), 40, 25, 16));
  }

  private static KernelCase conversions() {
    return of(
        "conversions",
        5,
        normal(38, 601),
        unwritten(DType.FP16, 601),
        unwritten(DType.BF16, 601),
        unwritten(DType.FP8E4NV, 601),
        unwritten(DType.I8, 601),
        601,
        128);
  }

  private static KernelCase rowReductions() {
    return of(
        "row_reductions",
        6,
        normal(7, 6 * 210),
        unwritten(6 * 4),
        unwritten(DType.I32, 6 * 2),
        203,
        210,
        256);
  }

  private static HostArray ints(long seed, long n) {
    return integers(DType.I32, seed, -1_000_000, 1_000_000, n);
  }

  private static KernelCase of(String kernel, int programs, Object... arguments) {
    return of(kernel, Grid.of(programs), arguments);
  }

  private static KernelCase of(String kernel, Grid grid, Object... arguments) {
    return KernelCase.of(MODULE.kernel(kernel), grid, arguments);
  }
}
