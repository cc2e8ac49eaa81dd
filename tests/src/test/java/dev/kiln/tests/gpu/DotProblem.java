package dev.kiln.tests.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.gpu.GpuCompiler;
import dev.kiln.compiler.gpu.GpuKernel;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.numeric.FloatFormat;
import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.runtime.sim.SimReport;
import dev.kiln.runtime.sim.monitor.Sanitizer;
import dev.kiln.runtime.sim.monitor.count.LaunchCounting;
import dev.kiln.tests.kernels.ErrorRule;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;

/**
 * One product of a tile, {@code out = a * b + c}, from memory to memory by one program, compared
 * with sums in double precision.
 *
 * @param batch 0 for rank 2
 * @param types of {@code a}, {@code b} and of {@code c} with the result
 * @param precision as {@code input_precision} says
 * @param transposed which operands are loaded transposed and turned by {@code tl.trans}
 * @param columnMajor which operands lie column by column in memory
 */
record DotProblem(
    int batch,
    int m,
    int n,
    int k,
    List<DType> types,
    String precision,
    String transposed,
    String columnMajor) {
  static DotProblem of(int m, int n, int k, DType operands, DType result) {
    return new DotProblem(0, m, n, k, List.of(operands, operands, result), "ieee", "", "");
  }

  DotProblem batched(int batches) {
    return new DotProblem(batches, m, n, k, types, precision, transposed, columnMajor);
  }

  DotProblem typed(DType a, DType b, DType result) {
    return new DotProblem(
        batch, m, n, k, List.of(a, b, result), precision, transposed, columnMajor);
  }

  DotProblem precise(String newPrecision) {
    return new DotProblem(batch, m, n, k, types, newPrecision, transposed, columnMajor);
  }

  /** Operands named in the text: {@code "ab"}. */
  DotProblem turned(String operands) {
    return new DotProblem(batch, m, n, k, types, precision, operands, columnMajor);
  }

  DotProblem columns(String operands) {
    return new DotProblem(batch, m, n, k, types, precision, transposed, operands);
  }

  /** What a run was. */
  record Run(GpuKernel kernel, SimReport report) {}

  String source() {
    return """
    import triton
    import triton.language as tl

    @triton.jit
    def product(a, b, c, out, B: tl.constexpr, M: tl.constexpr, N: tl.constexpr, K: tl.constexpr):
        m = tl.arange(0, M)
        n = tl.arange(0, N)
        k = tl.arange(0, K)
    %s
    %s
    %s
        r = tl.dot(x, y, z, input_precision="%s", out_dtype=tl.%s)
        tl.store(out + %s, r)
    """
        .formatted(
            operand("x", "a", "m", "k", "M", "K"),
            operand("y", "b", "k", "n", "K", "N"),
            operand("z", "c", "m", "n", "M", "N"),
            precision,
            types.get(2).languageName(),
            offsets("m", "n", "M", "N", false, false));
  }

  private String operand(
      String name, String pointer, String row, String column, String rows, String columns) {
    boolean isColumnMajor = columnMajor.contains(pointer);
    boolean isTurned = transposed.contains(pointer);
    String load =
        "tl.load(%s + %s)"
            .formatted(pointer, offsets(row, column, rows, columns, isColumnMajor, isTurned));
    String turned = batch == 0 ? "tl.trans(%s)" : "tl.permute(%s, (0, 2, 1))";
    return "    " + name + " = " + (isTurned ? turned.formatted(load) : load);
  }

  private String offsets(
      String row, String column, String rows, String columns, boolean columnMajor, boolean turned) {
    String first = turned ? "[None, :]" : "[:, None]";
    String second = turned ? "[:, None]" : "[None, :]";
    String offsets =
        columnMajor
            ? "%s%s * %s + %s%s".formatted(column, second, rows, row, first)
            : "%s%s * %s + %s%s".formatted(row, first, columns, column, second);
    return batch == 0
        ? offsets
        : "tl.arange(0, B)[:, None, None] * %s * %s + (%s)[None, :, :]"
            .formatted(rows, columns, offsets);
  }

  /** The kernel for a target. */
  GpuKernel compile(Target target, int warps) {
    try (SimDevice device = new SimDevice(SimOptions.standard().withTarget(target));
        NdArray a = NdArray.empty(device, types.get(0), 1);
        NdArray b = NdArray.empty(device, types.get(1), 1);
        NdArray c = NdArray.empty(device, types.get(2), 1)) {
      return GpuCompiler.compile(
          KernelModule.of("product.py", source())
              .kernel("product")
              .on(device)
              .numWarps(warps)
              .args(a, b, c, c, Math.max(1, batch), m, n, k)
              .compile());
    }
  }

  /** Compiles for the target, runs with all sanitizers and compares. */
  Run check(Target target, int warps) {
    double[] a = numbers(types.get(0), m * k, 1);
    double[] b = numbers(types.get(1), k * n, 2);
    double[] c = numbers(types.get(2), m * n, 3);
    List<GpuKernel> kernels = new ArrayList<>();
    SimOptions options =
        SimOptions.standard()
            .withTarget(target)
            .withMemory(64 << 20)
            .withSanitizers(EnumSet.allOf(Sanitizer.class))
            .watchedBy(new LaunchCounting());
    try (SimDevice device =
            new SimDevice(
                options,
                kernel -> {
                  kernels.add(GpuCompiler.compile(kernel));
                  return kernels.getFirst();
                });
        NdArray left = NdArray.of(device, types.get(0), a, a.length);
        NdArray right = NdArray.of(device, types.get(1), b, b.length);
        NdArray start = NdArray.of(device, types.get(2), c, c.length);
        NdArray out = NdArray.empty(device, types.get(2), c.length)) {
      KernelModule.of("product.py", source())
          .kernel("product")
          .on(device)
          .numWarps(warps)
          .grid(1)
          .launch(left, right, start, out, Math.max(1, batch), m, n, k);
      SimReport report = device.lastReport();
      assertThat(report.findings().text()).as(this + " on " + target).isEmpty();
      compare(target, out, a, b, c);
      return new Run(kernels.getFirst(), report);
    }
  }

  private void compare(Target target, NdArray out, double[] a, double[] b, double[] c) {
    double[] exact = product(a, b, c, false);
    DType result = types.get(2);
    String what = this + " on " + target;
    if (!result.isFloat()) {
      assertThat(out.toDoubles()).as(what).containsExactly(exact);
    } else if (result == DType.FP64) {
      ErrorRule.checkFp64(what, out.toDoubles(), exact, k + 1);
    } else {
      double[] plain = product(a, b, c, true);
      ErrorRule.check(what, result, out.toDoubles(), plain, exact);
      if (precision.equals("ieee") && types.stream().allMatch(DType.FP32::equals)) {
        // In the order of the evaluator.
        assertThat(out.toDoubles()).as(what).containsExactly(plain);
      }
    }
  }

  private double[] numbers(DType dtype, int each, long seed) {
    var random = new SplittableRandom(seed);
    double[] numbers = new double[Math.max(1, batch) * each];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] =
          dtype.isFloat()
              ? FloatFormat.round(dtype, random.nextDouble(-1, 1))
              : dtype.isUnsigned() ? random.nextInt(256) : random.nextInt(-128, 128);
    }
    return numbers;
  }

  /**
   * The product in double precision, or as a plain program computes it: with operands rounded as
   * the precision says, sums in fp32.
   */
  private double[] product(double[] a, double[] b, double[] c, boolean isPlain) {
    double[] sums = new double[c.length];
    for (int i = 0; i < sums.length; i++) {
      int batchOf = i / (m * n);
      int row = i / n % m;
      int column = i % n;
      double sum = c[batchOf * m * n + at("c", row, column, m, n)];
      for (int j = 0; j < k; j++) {
        double left = a[batchOf * m * k + at("a", row, j, m, k)];
        double right = b[batchOf * k * n + at("b", j, column, k, n)];
        sum = isPlain ? plain(left, right, sum) : sum + left * right;
      }
      sums[i] = isPlain ? FloatFormat.round(types.get(2), sum) : sum;
    }
    return sums;
  }

  private int at(String name, int row, int column, int rows, int columns) {
    return columnMajor.contains(name) ? column * rows + row : row * columns + column;
  }

  private double plain(double left, double right, double sum) {
    return switch (precision) {
      case "tf32" -> Math.fma((float) tf32(left), (float) tf32(right), (float) sum);
      case "bf16x3" -> {
        double[] x = parts(left);
        double[] y = parts(right);
        float small = Math.fma((float) x[1], (float) y[0], (float) (x[0] * y[1]));
        yield Math.fma((float) x[0], (float) y[0], (float) sum + small);
      }
      default -> Math.fma((float) left, (float) right, (float) sum);
    };
  }

  /** To nearest, ties away from zero: {@code cvt.rna.tf32.f32}. */
  private static double tf32(double x) {
    return Float.intBitsToFloat((Float.floatToRawIntBits((float) x) + 0x1000) & 0xffffe000);
  }

  private static double[] parts(double x) {
    DoubleUnaryOperator bf16 = y -> FloatFormat.round(DType.BF16, y);
    double high = bf16.applyAsDouble(x);
    return new double[] {high, bf16.applyAsDouble(x - high)};
  }
}
