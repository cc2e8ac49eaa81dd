package dev.kiln.compiler.jvm;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.loop.LoopStmt;
import dev.kiln.compiler.loop.TileRef;
import dev.kiln.compiler.numeric.FloatFormat;
import java.util.List;
import java.util.Optional;

/**
 * Times products of tiles in the cache, packing included. A program, not a test: {@code java
 * --add-modules jdk.incubator.vector -cp .. dev.kiln.compiler.jvm.MicroKernelBenchmark [bits]}.
 */
public final class MicroKernelBenchmark {
  private static final long TIME_FOR_EACH = 6_000_000_000L;
  private static final double WORK_OF_A_RUN = 2e7;

  private MicroKernelBenchmark() {}

  /** A product of {@code m x k} and {@code k x n}, the second by rows or by columns. */
  private record Shape(int m, int n, int k, DType dtype, boolean transposed) {}

  public static void main(String[] args) {
    int bits = args.length > 0 ? Integer.parseInt(args[0]) : 512;
    var shapes =
        List.of(
            new Shape(256, 256, 256, DType.FP32, false),
            new Shape(128, 128, 32, DType.FP32, false),
            new Shape(64, 64, 64, DType.FP32, false),
            new Shape(64, 64, 64, DType.FP32, true),
            new Shape(64, 64, 64, DType.BF16, false),
            new Shape(64, 64, 64, DType.FP16, true),
            new Shape(128, 64, 64, DType.FP64, false),
            new Shape(128, 128, 64, DType.I8, false));
    for (Shape shape : shapes) {
      time(shape, bits);
    }
  }

  private static void time(Shape s, int bits) {
    try (var runner = new KernelRunner()) {
      DType acc = s.dtype == DType.I8 ? DType.I32 : s.dtype == DType.FP64 ? DType.FP64 : DType.FP32;
      TileRef a = NestBuilder.global(operand(runner, s.dtype, s.m * s.k), s.k, 1);
      Value right = operand(runner, s.dtype, s.k * s.n);
      TileRef b =
          s.transposed ? NestBuilder.global(right, 1, s.k) : NestBuilder.global(right, s.n, 1);
      var dot =
          new LoopStmt.Dot(
              NestBuilder.LOC,
              1,
              s.m,
              s.n,
              s.k,
              Optional.empty(),
              LoopStmt.Factor.of(a),
              LoopStmt.Factor.of(b),
              NestBuilder.scratch(acc, 0, s.n, 1),
              false);
      GeneratedClass generated =
          ClassFileEmitter.emit(
              runner.kernel(List.of(dot), (long) s.m * s.n * acc.bytes()),
              new EmissionOptions(bits));
      ProgramBody body = generated.define();
      double work = 2.0 * s.m * s.n * s.k;
      int programs = (int) Math.max(1, WORK_OF_A_RUN / work);
      double best = Double.MAX_VALUE;
      long start = System.nanoTime();
      while (System.nanoTime() - start < TIME_FOR_EACH) {
        long before = System.nanoTime();
        runner.run(body, generated.scratchBytes(), programs);
        best = Math.min(best, System.nanoTime() - before);
      }
      System.out.printf(
          "%s at %d bits: %.1f GFLOP/s, %.2f microseconds%n",
          s, bits, work * programs / best, best / programs / 1e3);
    }
  }

  private static Value operand(KernelRunner runner, DType dtype, int elements) {
    Value buffer = runner.buffer(dtype, elements);
    for (int i = 0; i < elements; i++) {
      double number = Math.sin(i);
      long bits = dtype.isFloat() ? FloatFormat.toBits(dtype, number) : (long) (100 * number);
      runner.setBits(buffer, i, bits);
    }
    return buffer;
  }
}
