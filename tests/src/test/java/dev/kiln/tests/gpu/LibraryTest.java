package dev.kiln.tests.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.CompileOptions;
import dev.kiln.compiler.Target;
import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Kernel;
import dev.kiln.runtime.KernelModule;
import dev.kiln.tests.rules.HostArray;
import dev.kiln.tests.rules.KernelCase;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The library of the language ({@code library.txt}) in simulated GPUs against the evaluator, on
 * several types, shapes and numbers of warps.
 */
class LibraryTest {
  private static final String TEXT =
      """
      import triton
      import triton.language as tl

      @triton.jit
      def greater(a, b):
          return tl.where(a > b, a, b)

      @triton.jit
      def latest(a, b, c, d):
          return tl.where(c != 0, c, a), b + d

      @triton.jit
      def bounded(a, b):
          if a > b:
              c = b
          else:
              c = a
          return c

      @triton.jit
      def exchanged(a, b):
          return b, a

      @triton.jit
      def library(x_ptr, y_ptr, i_ptr, out, R: tl.constexpr, C: tl.constexpr, SIZE: tl.constexpr):
          row = tl.broadcast_to(tl.arange(0, R)[:, None], (R, C))
          column = tl.broadcast_to(tl.arange(0, C)[None, :], (R, C))
          x = tl.load(x_ptr + row * C + column)
          y = tl.load(y_ptr + row * C + column)
          i = tl.load(i_ptr + row * C + column)
          m = i % 3 != 0
      """;

  private static final String TAIL =
      """
          o = tl.reshape(o, (SIZE,))
          tl.store(out + tl.arange(0, SIZE), o.to(out.dtype.element_ty))
      """;

  /** A run: rows, columns, warps. */
  private record Extent(int rows, int columns, int warps) {
    int size(String product) {
      return Arrays.stream(product.split("\\*"))
          .mapToInt(
              factor ->
                  factor.equals("R")
                      ? rows
                      : factor.equals("C") ? columns : Integer.parseInt(factor))
          .reduce(1, (a, b) -> a * b);
    }
  }

  private static final List<Target> TARGETS = List.of(Target.SM_80, Target.SM_90A);

  private static final List<Extent> EXTENTS =
      List.of(
          new Extent(16, 32, 4),
          new Extent(4, 128, 1),
          new Extent(1, 512, 8),
          new Extent(64, 16, 2));

  /** A line of the file, on one type. */
  record Use(DType dtype, DType result, String size, String statements) {
    @Override
    public String toString() {
      return dtype.shortName() + ": " + statements;
    }
  }

  static Stream<Use> uses() throws IOException {
    List<Use> uses = new ArrayList<>();
    try (var in = LibraryTest.class.getResourceAsStream("library.txt")) {
      new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .map(line -> line.split(" \\| "))
          .forEach(
              parts -> {
                for (String name : parts[0].split(" ")) {
                  DType dtype = DType.parse(name).orElseThrow();
                  DType result =
                      parts[1].equals("same") ? dtype : DType.parse(parts[1]).orElseThrow();
                  uses.add(new Use(dtype, result, parts[2], parts[3]));
                }
              });
    }
    return uses.stream();
  }

  @ParameterizedTest
  @MethodSource("uses")
  void agreesWithTheEvaluator(Use use) {
    // Shapes and targets take turns; the slow test tries them all.
    int turn = use.dtype().ordinal() + use.statements().length();
    check(use, EXTENTS.get(turn % EXTENTS.size()), TARGETS.get(turn / 2 % TARGETS.size()));
  }

  @ParameterizedTest
  @MethodSource("uses")
  @Tag("slow")
  void agreesWithTheEvaluatorInEveryShape(Use use) {
    for (Extent extent : EXTENTS) {
      TARGETS.forEach(target -> check(use, extent, target));
    }
  }

  private static void check(Use use, Extent extent, Target target) {
    SimulatedRun run = SimulatedRun.of(kernelCase(use, extent), target);
    if (run.fault().isPresent()) {
      throw new AssertionError(target + ", " + extent + ": " + run.text(), run.fault().get());
    }
    assertThat(run.kernels()).isNotEmpty();
  }

  private static KernelCase kernelCase(Use use, Extent extent) {
    var text = new StringBuilder(TEXT);
    for (String statement : use.statements().split("; ")) {
      text.append("    ").append(statement).append('\n');
    }
    Kernel kernel = KernelModule.of("library.py", text.append(TAIL).toString()).kernel("library");
    int count = extent.rows() * extent.columns();
    int size = extent.size(use.size());
    return new KernelCase(
        use.toString(),
        List.of(
            numbers(use.dtype(), 1, count),
            numbers(use.dtype(), 2, count),
            HostArray.integers(DType.I32, 3, 0, 1000, count),
            HostArray.zeros(use.result(), size)),
        (device, bound) -> {
          var launch =
              kernel.on(device).options(CompileOptions.DEFAULT.withNumWarps(extent.warps()));
          List<String> names = List.of("x_ptr", "y_ptr", "i_ptr", "out");
          for (int i = 0; i < names.size(); i++) {
            launch.arg(names.get(i), bound.get(i));
          }
          launch.arg("R", extent.rows()).arg("C", extent.columns()).arg("SIZE", size);
          return () -> launch.launch(1, 1, 1);
        });
  }

  private static HostArray numbers(DType dtype, long seed, int count) {
    return dtype.isFloat()
        ? HostArray.quarters(dtype, seed, count)
        : HostArray.integers(dtype, seed, dtype.isSigned() ? -20 : 0, 20, count);
  }
}
