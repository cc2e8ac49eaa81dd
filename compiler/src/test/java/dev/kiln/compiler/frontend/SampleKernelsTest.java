package dev.kiln.compiler.frontend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.compiler.CompileOptions;
import dev.kiln.compiler.Specialization;
import dev.kiln.compiler.Target;
import dev.kiln.compiler.diagnostics.Diagnostic;
import dev.kiln.compiler.diagnostics.Source;
import dev.kiln.compiler.eval.Allocation;
import dev.kiln.compiler.eval.Evaluator;
import dev.kiln.compiler.eval.Grid;
import dev.kiln.compiler.eval.Launch;
import dev.kiln.compiler.eval.SegmentMemory;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Verifier;
import dev.kiln.compiler.numeric.FloatFormat;
import dev.kiln.compiler.python.KernelFiles;
import dev.kiln.compiler.syntax.ImportResolver;
import dev.kiln.compiler.syntax.KernelFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Kernels in the manner of published ones become tile IR that is well formed and means the same.
 */
class SampleKernelsTest {
  private static final KernelFile FILE = load();

  private final SegmentMemory memory = new SegmentMemory();
  private long next = 0x1_0000;

  private static KernelFile load() {
    String name = "sample_kernels.py";
    try (var in = SampleKernelsTest.class.getResourceAsStream("/dev/kiln/compiler/" + name)) {
      return KernelFiles.load(
          new Source(name, new String(in.readAllBytes(), StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static TileFunction lower(String kernel, String signature) {
    var warnings = new ArrayList<Diagnostic>();
    TileFunction function =
        Frontend.lower(
            FILE,
            ImportResolver.NONE,
            kernel,
            new Specialization(SignatureText.parse(signature), CompileOptions.DEFAULT),
            Target.CPU,
            warnings::add);
    Verifier.verify(function);
    assertThat(warnings).isEmpty();
    return function;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          add | *fp32:16, *fp32:16, *fp32:16, i32:16, 1024
          add | *fp16, *bf16, *fp32, i64, 64
          softmax | *fp32, *fp32, i32, i32, i32, i32, 256, 2
          matmul | *fp16, *fp16, *fp16, i32, i32, i32, i32, 1, i32, 1, i32, 1, 64, 32, 32, 8, "leaky_relu"
          matmul | *fp32, *fp32, *fp16, i32, i32, i32, i32, i32, i32, i32, i32, i32, 16, 16, 16, 1, ""
          matmul_block_pointers | *fp16, *fp16, *fp16, i32, i32, i32, i32, 1, i32, 1, i32, 1, 32, 32, 32
          dropout | *fp32, *fp32, i32, fp32, i32, 1024
          layer_norm_forward | *fp16, *fp16, *fp16, *fp16, *fp32, *fp32, i32, i32, fp32, 128
          layer_norm_backward_dx | *fp16, *fp16, *fp16, *fp16, *fp16, *fp16, *fp32, *fp32, *i32, i32, i32, 64, 256
          layer_norm_backward_dwdb | *fp16, *fp16, *fp16, *fp16, i32, i32, 32, 128
          attention_forward | *fp16, *fp16, *fp16, fp32, *fp32, *fp16, i32, i32, i32, 1, i32, i32, i32, 1, i32, i32, i32, 1, i32, i32, i32, 1, i32, i32, i32, 64, 64, 32, 3
          attention_forward | *fp16, *fp16, *fp16, fp32, *fp32, *fp16, i32, i32, i32, 1, i32, i32, i32, 1, i32, i32, i32, 1, i32, i32, i32, 1, i32, i32, i32, 64, 64, 32, 1
          descriptor_copy | *fp16, desc<fp16, 16, 32>, i32, i32, 16, 32
          persistent_gelu | *fp16, *fp16, i32, 128, 4
          """)
  void becomesTileIr(String kernel, String signature) {
    assertThat(lower(kernel, signature).name()).isEqualTo(kernel);
  }

  // ---- the same meaning

  private long floats(DType dtype, int count, DoubleUnaryOperator element) {
    long address = next;
    int size = count * dtype.bytes();
    memory.add(
        new Allocation("array" + address, address, size, true),
        MemorySegment.ofArray(new byte[size]));
    next += (size + 63) / 64 * 64;
    for (int i = 0; i < count; i++) {
      memory.write(
          address + (long) i * dtype.bytes(),
          dtype.bytes(),
          FloatFormat.toBits(dtype, element.applyAsDouble(i)));
    }
    return address;
  }

  private double at(long address, DType dtype, int index) {
    return FloatFormat.fromBits(
        dtype, memory.read(address + (long) index * dtype.bytes(), dtype.bytes()));
  }

  private void run(TileFunction function, Grid grid, Number... arguments) {
    Evaluator.run(function, Launch.of(grid, memory, List.of(arguments)));
  }

  private static double pattern(double i) {
    return ((i * 7) % 11 - 5) / 8;
  }

  @Test
  void softmaxSumsToOneAndOrdersLikeItsInput() {
    int rows = 3;
    int cols = 5;
    long in = floats(DType.FP32, rows * cols, SampleKernelsTest::pattern);
    long out = floats(DType.FP32, rows * cols, i -> 0);
    run(
        lower("softmax", "*fp32, *fp32, i32, i32, i32, i32, 8, 2"),
        Grid.of(2),
        out,
        in,
        cols,
        cols,
        rows,
        cols);
    for (int row = 0; row < rows; row++) {
      int first = row * cols;
      double sum =
          IntStream.range(first, first + cols).mapToDouble(i -> Math.exp(pattern(i))).sum();
      for (int i = first; i < first + cols; i++) {
        assertThat(at(out, DType.FP32, i)).isCloseTo(Math.exp(pattern(i)) / sum, within(1e-6));
      }
    }
  }

  @Test
  void matmulMultipliesWithGroupsAndMasks() {
    int m = 20;
    int n = 24;
    int k = 40;
    long a = floats(DType.FP16, m * k, SampleKernelsTest::pattern);
    long b = floats(DType.FP16, k * n, i -> pattern(i + 3));
    long c = floats(DType.FP16, m * n, i -> 0);
    run(
        lower(
            "matmul",
            "*fp16, *fp16, *fp16, i32, i32, i32, i32, 1, i32, 1, i32, 1, 16, 16, 16, 8,"
                + " \"leaky_relu\""),
        Grid.of(4),
        a,
        b,
        c,
        m,
        n,
        k,
        k,
        n,
        n);
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < n; j++) {
        double sum = 0;
        for (int l = 0; l < k; l++) {
          sum += pattern(i * k + l) * pattern(l * n + j + 3);
        }
        double expected = sum >= 0 ? sum : 0.01 * sum;
        assertThat(at(c, DType.FP16, i * n + j)).isCloseTo(expected, within(2e-3));
      }
    }
  }

  @Test
  void causalAttentionLooksBackOnly() {
    int length = 32;
    int dim = 16;
    long q = floats(DType.FP16, length * dim, SampleKernelsTest::pattern);
    long k = floats(DType.FP16, length * dim, i -> pattern(i + 1));
    long v = floats(DType.FP16, length * dim, i -> pattern(i + 2));
    long m = floats(DType.FP32, length, i -> 0);
    long out = floats(DType.FP16, length * dim, i -> 0);
    int head = length * dim;
    run(
        lower(
            "attention_forward",
            "*fp16, *fp16, *fp16, fp32, *fp32, *fp16, i32, i32, i32, 1, i32, i32, i32, 1, i32, i32,"
                + " i32, 1, i32, i32, i32, 1, i32, i32, i32, 16, 16, 16, 3"),
        Grid.of(length / 16, 1),
        q,
        k,
        v,
        0.5f,
        m,
        out,
        head,
        head,
        dim,
        head,
        head,
        dim,
        head,
        head,
        dim,
        head,
        head,
        dim,
        1,
        1,
        length);
    for (int i = 0; i < length; i++) {
      double[] weights = new double[i + 1];
      double total = 0;
      for (int j = 0; j <= i; j++) {
        double score = 0;
        for (int d = 0; d < dim; d++) {
          score += pattern(i * dim + d) * pattern(j * dim + d + 1);
        }
        weights[j] = Math.exp(0.5 * score);
        total += weights[j];
      }
      for (int d = 0; d < dim; d++) {
        double expected = 0;
        for (int j = 0; j <= i; j++) {
          expected += weights[j] / total * pattern(j * dim + d + 2);
        }
        assertThat(at(out, DType.FP16, i * dim + d)).isCloseTo(expected, within(5e-3));
      }
    }
  }
}
