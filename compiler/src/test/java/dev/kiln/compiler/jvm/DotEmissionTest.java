package dev.kiln.compiler.jvm;

import static dev.kiln.compiler.jvm.NestBuilder.LOC;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.loop.LoopStmt;
import dev.kiln.compiler.loop.TileRef;
import dev.kiln.compiler.numeric.FloatFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Matrix products against the chain of fused multiply-adds that defines them. */
class DotEmissionTest {
  /** Exchanges neighbours within groups of eight. */
  private static final int SWAPPED = 5;

  private final KernelRunner runner = new KernelRunner();
  private final Random random = new Random(3);

  static Stream<Named<EmissionOptions>> widths() {
    return NestEmissionTest.widths();
  }

  @AfterEach
  void close() {
    runner.close();
  }

  private Value operand(DType dtype, int elements) {
    Value buffer = runner.buffer(dtype, elements);
    for (int i = 0; i < elements; i++) {
      long bits =
          dtype.isFloat()
              ? FloatFormat.toBits(dtype, random.nextGaussian())
              : random.nextInt(256) - 128;
      runner.setBits(buffer, i, bits);
    }
    return buffer;
  }

  private double element(Value buffer, int index) {
    DType dtype = buffer.type().pointee();
    long bits = runner.bits(buffer, index);
    return dtype.isFloat() ? FloatFormat.fromBits(dtype, bits) : bits;
  }

  private static TileRef ref(Value buffer, TileRef.Stride... strides) {
    return new TileRef(buffer.type().pointee(), new TileRef.Global(buffer), List.of(strides));
  }

  private static TileRef.Stride by(long elements) {
    return new TileRef.Fixed(elements);
  }

  /** Runs a product whose accumulator starts with the buffer's contents and ends there. */
  private void run(LoopStmt.Dot dot, Value acc, EmissionOptions options) {
    int size = dot.batch() * dot.m() * dot.n();
    DType dtype = acc.type().pointee();
    var fill = new NestBuilder(size);
    fill.store(NestBuilder.scratch(dtype, 0, 1), fill.load(NestBuilder.global(acc, 1)));
    var copy = new NestBuilder(size);
    copy.store(NestBuilder.global(acc, 1), copy.load(NestBuilder.scratch(dtype, 0, 1)));
    runner.run(
        List.of(fill.build(), dot, copy.build()), (long) size * dtype.bytes() + 4096, options);
  }

  private static LoopStmt.Dot dot(
      int m,
      int n,
      int k,
      TileRef a,
      List<LoopStmt.Bound> aBounds,
      TileRef b,
      List<LoopStmt.Bound> bBounds,
      DType acc) {
    return new LoopStmt.Dot(
        LOC,
        1,
        m,
        n,
        k,
        Optional.empty(),
        new LoopStmt.Factor(a, aBounds, true, Optional.empty()),
        new LoopStmt.Factor(b, bBounds, true, Optional.empty()),
        NestBuilder.scratch(acc, 0, n, 1),
        true);
  }

  private interface Elements {
    double at(int i, int j);
  }

  /** Compares with one chain over ascending k, in the accumulator's type. */
  private void compare(Value acc, double[] before, int m, int n, int k, Elements a, Elements b) {
    DType dtype = acc.type().pointee();
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < n; j++) {
        double sum = before[i * n + j];
        for (int l = 0; l < k; l++) {
          sum =
              switch (dtype) {
                case FP32 -> Math.fma((float) a.at(i, l), (float) b.at(l, j), (float) sum);
                case FP64 -> Math.fma(a.at(i, l), b.at(l, j), sum);
                default -> sum + a.at(i, l) * b.at(l, j);
              };
        }
        assertThat(element(acc, i * n + j))
            .as("[%d, %d] of %dx%dx%d", i, j, m, n, k)
            .isEqualTo(sum);
      }
    }
  }

  private double[] contents(Value buffer, int n) {
    double[] values = new double[n];
    for (int i = 0; i < n; i++) {
      values[i] = element(buffer, i);
    }
    return values;
  }

  @ParameterizedTest
  @MethodSource("widths")
  void everyShapeAndTypeIsOneChainOverAscendingK(EmissionOptions options) {
    int[][] shapes = {{1, 1, 1}, {16, 16, 16}, {2, 8, 32}, {32, 64, 16}, {64, 32, 64}, {8, 4, 512}};
    for (int[] s : shapes) {
      int m = s[0];
      int n = s[1];
      int k = s[2];
      for (DType dtype :
          List.of(DType.FP32, DType.FP64, DType.BF16, DType.FP16, DType.FP8E4NV, DType.I8)) {
        DType accType =
            dtype == DType.I8 ? DType.I32 : dtype == DType.FP64 ? DType.FP64 : DType.FP32;
        Value a = operand(dtype, m * k);
        Value b = operand(dtype, k * n);
        Value acc = operand(accType, m * n);
        double[] before = contents(acc, m * n);
        run(
            dot(m, n, k, ref(a, by(k), by(1)), List.of(), ref(b, by(n), by(1)), List.of(), accType),
            acc,
            options);
        compare(
            acc, before, m, n, k, (i, l) -> element(a, i * k + l), (l, j) -> element(b, l * n + j));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("widths")
  void transposedAndStridedOperandsAreRead(EmissionOptions options) {
    int m = 32;
    int n = 16;
    int k = 64;
    Value a = operand(DType.FP32, 2 * m * k);
    Value b = operand(DType.FP32, k * n);
    Value acc = operand(DType.FP32, m * n);
    Value stride = runner.scalar(DType.I32, 2 * m);
    double[] before = contents(acc, m * n);
    run(
        dot(
            m,
            n,
            k,
            ref(a, by(2), new TileRef.Dynamic(stride)),
            List.of(),
            ref(b, by(1), by(k)),
            List.of(),
            DType.FP32),
        acc,
        options);
    compare(
        acc,
        before,
        m,
        n,
        k,
        (i, l) -> element(a, 2 * i + 2 * m * l),
        (l, j) -> element(b, l + k * j));
  }

  /** Such rows are packed in columns; more than a panel of them, and more than a block of k. */
  @ParameterizedTest
  @MethodSource("widths")
  void rowsThatLieSideBySideAreMultiplied(EmissionOptions options) {
    int m = 72;
    int n = 24;
    int k = 272;
    int rows = 69;
    int depth = 270;
    for (DType dtype : List.of(DType.FP32, DType.FP64, DType.BF16, DType.FP8E5, DType.I8)) {
      DType accType = dtype == DType.I8 ? DType.I32 : dtype == DType.FP64 ? DType.FP64 : DType.FP32;
      Value a = operand(dtype, m * k);
      Value b = operand(dtype, k * n);
      Value acc = operand(accType, m * n);
      Value rowLimit = runner.scalar(DType.I32, rows);
      Value depthLimit = runner.scalar(DType.I32, depth);
      double[] before = contents(acc, m * n);
      run(
          dot(
              m,
              n,
              k,
              ref(a, by(1), by(m)),
              List.of(NestBuilder.below(0, rowLimit), NestBuilder.below(1, depthLimit)),
              ref(b, by(n), by(1)),
              List.of(),
              accType),
          acc,
          options);
      compare(
          acc,
          before,
          m,
          n,
          k,
          (i, l) -> i < rows && l < depth ? element(a, i + l * m) : 0,
          (l, j) -> element(b, l * n + j));
    }
  }

  @ParameterizedTest
  @MethodSource("widths")
  void elementsOutsideBoundsCountAsZeroAndAreNotRead(EmissionOptions options) {
    int m = 16;
    int n = 32;
    int k = 32;
    for (int[] limits :
        new int[][] {{10, 27, 21}, {0, 5, 3}, {16, 32, 32}, {5, 0, 32}, {-3, 99, 40}}) {
      int rows = limits[0];
      int columns = limits[1];
      int depth = limits[2];
      Value a = operand(DType.FP32, m * k);
      Value b = operand(DType.FP32, k * n);
      Value acc = operand(DType.FP32, m * n);
      Value rowLimit = runner.scalar(DType.I32, rows);
      Value columnLimit = runner.scalar(DType.I64, columns);
      Value depthLimit = runner.scalar(DType.I32, depth);
      Value depthStart = runner.scalar(DType.I32, 2);
      for (int i = 0; i < m * k; i++) {
        if (i / k >= rows || i % k >= depth) {
          runner.setFloat(a, i, Float.NaN);
        }
      }
      double[] before = contents(acc, m * n);
      run(
          dot(
              m,
              n,
              k,
              ref(a, by(k), by(1)),
              List.of(NestBuilder.below(0, rowLimit), NestBuilder.below(1, depthLimit)),
              ref(b, by(n), by(1)),
              List.of(
                  NestBuilder.between(0, depthStart, depthLimit),
                  NestBuilder.below(1, columnLimit)),
              DType.FP32),
          acc,
          options);
      compare(
          acc,
          before,
          m,
          n,
          k,
          (i, l) -> i < rows && l < depth ? element(a, i * k + l) : 0,
          (l, j) -> l >= 2 && l < depth && j < columns ? element(b, l * n + j) : 0);
    }
  }

  @ParameterizedTest
  @MethodSource("widths")
  void indexedRowsAndBatchesAreFollowed(EmissionOptions options) {
    int batch = 2;
    int m = 16;
    int n = 16;
    int k = 16;
    Value a = operand(DType.FP32, 4 * m * k);
    Value b = operand(DType.FP32, batch * k * n);
    Value acc = operand(DType.FP32, batch * m * n);
    long indexOffset = (long) batch * m * n * 4;
    var index = new NestBuilder(m);
    Value row = index.binary(BinaryKind.MUL, index.index(0), index.constant(DType.I32, 3L * k * 4));
    index.store(
        NestBuilder.scratch(DType.I64, indexOffset, 1), index.cast(CastKind.EXTS, DType.I64, row));
    double[] before = contents(acc, batch * m * n);
    var dot =
        new LoopStmt.Dot(
            LOC,
            batch,
            m,
            n,
            k,
            Optional.empty(),
            LoopStmt.Factor.of(ref(a, by((long) m * k), new TileRef.Indexed(indexOffset), by(1))),
            LoopStmt.Factor.of(ref(b, by((long) k * n), by(n), by(1))),
            NestBuilder.scratch(DType.FP32, 0, (long) m * n, n, 1),
            true);
    int size = batch * m * n;
    var fill = new NestBuilder(size);
    fill.store(NestBuilder.scratch(DType.FP32, 0, 1), fill.load(NestBuilder.global(acc, 1)));
    var copy = new NestBuilder(size);
    copy.store(NestBuilder.global(acc, 1), copy.load(NestBuilder.scratch(DType.FP32, 0, 1)));
    runner.run(
        new ArrayList<>(List.of(index.build(), fill.build(), dot, copy.build())), 4096, options);
    for (int t = 0; t < batch; t++) {
      int at = t;
      for (int i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
          float sum = (float) before[(at * m + i) * n + j];
          for (int l = 0; l < k; l++) {
            sum =
                Math.fma(
                    (float) element(a, at * m * k + 3 * i * k + l),
                    (float) element(b, (at * k + l) * n + j),
                    sum);
          }
          assertThat((float) element(acc, (at * m + i) * n + j)).isEqualTo(sum);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("widths")
  void fewRowsAreMultipliedByRowsThatLieAnywhere(EmissionOptions options) {
    int n = 64;
    for (int[] sizes : new int[][] {{1, 8}, {8, 64}, {16, 264}, {17, 264}}) {
      int m = sizes[0];
      int k = sizes[1];
      Value a = operand(DType.FP32, m * k);
      Value b = operand(DType.FP32, k * n);
      Value acc = operand(DType.FP32, m * n);
      long indexOffset = (long) m * n * Float.BYTES;
      var index = new NestBuilder(k);
      Value swapped =
          index.binary(BinaryKind.XOR, index.index(0), index.constant(DType.I32, SWAPPED));
      Value row =
          index.binary(BinaryKind.MUL, swapped, index.constant(DType.I32, (long) n * Float.BYTES));
      index.store(
          NestBuilder.scratch(DType.I64, indexOffset, 1),
          index.cast(CastKind.EXTS, DType.I64, row));
      double[] before = contents(acc, m * n);
      var fill = new NestBuilder(m * n);
      fill.store(NestBuilder.scratch(DType.FP32, 0, 1), fill.load(NestBuilder.global(acc, 1)));
      var copy = new NestBuilder(m * n);
      copy.store(NestBuilder.global(acc, 1), copy.load(NestBuilder.scratch(DType.FP32, 0, 1)));
      TileRef right = ref(b, new TileRef.Indexed(indexOffset), by(1));
      LoopStmt.Dot dot =
          dot(m, n, k, ref(a, by(k), by(1)), List.of(), right, List.of(), DType.FP32);
      runner.run(
          List.of(index.build(), fill.build(), dot, copy.build()),
          indexOffset + (long) k * Long.BYTES,
          options);
      compare(
          acc,
          before,
          m,
          n,
          k,
          (i, l) -> element(a, i * k + l),
          (l, j) -> element(b, (l ^ SWAPPED) * n + j));
    }
  }

  /** A product over some blocks of 64, whose operands are steady or not. */
  private LoopStmt.Dot blocks(int m, int n, Value a, Value b, Value repeats, Value steady) {
    return new LoopStmt.Dot(
        LOC,
        1,
        m,
        n,
        64,
        Optional.of(repeats),
        new LoopStmt.Factor(ref(a, by(1024), by(1)), List.of(), true, Optional.of(steady)),
        new LoopStmt.Factor(ref(b, by(n), by(1)), List.of(), true, Optional.of(steady)),
        NestBuilder.scratch(DType.FP32, 0, n, 1),
        true);
  }

  @ParameterizedTest
  @MethodSource("widths")
  void aSumGoesOverAsManyBlocksAsToldAtRunTime(EmissionOptions options) {
    int m = 16;
    int n = 48;
    Value a = operand(DType.FP32, m * 1024);
    Value b = operand(DType.FP32, 1024 * n);
    Value steady = runner.scalar(DType.I1, 0);
    for (int repeats : new int[] {0, 1, 5, 11, -2}) {
      Value acc = operand(DType.FP32, m * n);
      double[] before = contents(acc, m * n);
      run(blocks(m, n, a, b, runner.scalar(DType.I64, repeats), steady), acc, options);
      compare(
          acc,
          before,
          m,
          n,
          64 * Math.max(0, repeats),
          (i, l) -> element(a, i * 1024 + l),
          (l, j) -> element(b, l * n + j));
    }
  }

  @ParameterizedTest
  @MethodSource("widths")
  void programsOfALaunchShareCopiesOfSteadyOperandsAndLaunchesDoNot(EmissionOptions options) {
    int m = 16;
    int n = 48;
    Value a = operand(DType.FP32, m * 1024);
    Value b = operand(DType.FP32, 1024 * n);
    Value acc = operand(DType.FP32, m * n);
    Value steady = runner.scalar(DType.I1, 1);
    var fill = new NestBuilder(m * n);
    fill.store(NestBuilder.scratch(DType.FP32, 0, 1), fill.load(NestBuilder.global(acc, 1)));
    var copy = new NestBuilder(m * n);
    copy.store(NestBuilder.global(acc, 1), copy.load(NestBuilder.scratch(DType.FP32, 0, 1)));
    LoopStmt.Dot dot = blocks(m, n, a, b, runner.scalar(DType.I64, 6), steady);
    GeneratedClass generated =
        ClassFileEmitter.emit(
            runner.kernel(List.of(fill.build(), dot, copy.build()), 4L * m * n), options);
    ProgramBody body = generated.define();
    for (int launch = 0; launch < 2; launch++) {
      double[] sums = contents(acc, m * n);
      int programs = 3;
      runner.run(body, generated.scratchBytes(), programs);
      compare(
          acc,
          sums,
          m,
          n,
          programs * 384,
          (i, l) -> element(a, i * 1024 + l % 384),
          (l, j) -> element(b, l % 384 * n + j));
      runner.setFloat(a, 7, 3);
      runner.setFloat(b, 9, -2);
    }
  }
}
