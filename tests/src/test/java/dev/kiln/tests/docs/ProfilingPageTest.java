package dev.kiln.tests.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.cpu.CpuDevice;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.runtime.sim.monitor.count.Counters;
import dev.kiln.runtime.sim.monitor.count.LaunchCounting;
import dev.kiln.runtime.sim.monitor.count.Measure;
import dev.kiln.runtime.sim.roofline.GpuModel;
import dev.kiln.runtime.sim.roofline.Resource;
import dev.kiln.runtime.sim.roofline.RooflineEstimate;
import dev.kiln.tests.kernels.ErrorRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** What docs/profiling.md claims of its example holds, and its blocks of Java run. */
class ProfilingPageTest {
  private static final Path PAGE = Path.of("..", "docs", "profiling.md");
  private static final Path EXAMPLE = Path.of("..", "examples", "softmax_columns.py");
  private static final int ROWS = 512;

  /** Narrower than on the page, so that the test is quick; all sums of the page go by columns. */
  private static final int COLUMNS = 64;

  private static final int COLUMNS_OF_PAGE = 4096;

  private static final List<String> PACKAGES =
      List.of(
          "dev.kiln.compiler",
          "dev.kiln.compiler.ir",
          "dev.kiln.runtime",
          "dev.kiln.runtime.profile",
          "dev.kiln.runtime.sim",
          "dev.kiln.runtime.sim.monitor.count",
          "dev.kiln.runtime.sim.roofline",
          "dev.kiln.ops.profile",
          "dev.kiln.ops.profile.page",
          "java.nio.file",
          "java.util");

  private static Counters one;
  private static Counters many;
  private static Counters read;

  @TempDir Path folder;

  @BeforeAll
  static void count() {
    one = counted("one_column", COLUMNS, 128);
    many = counted("many_columns", COLUMNS / 32, 16, 32);
    read = counted("read_once", COLUMNS / 8, 512, 8);
  }

  @TestFactory
  Stream<DynamicTest> examplesRun() throws IOException {
    List<Example> examples = Example.of(PAGE);
    assertThat(examples).hasSize(3);
    ClassLoader classes = KernelPagesTest.compiled(folder, examples, PACKAGES);
    return examples.stream()
        .map(e -> DynamicTest.dynamicTest(e.toString(), () -> KernelPagesTest.run(classes, e)));
  }

  @Test
  void countersAreThoseOfThePage() throws IOException {
    String page = Files.readString(PAGE);
    long matrix = (long) ROWS * COLUMNS * DType.FP32.bytes() / 32;

    assertThat(sectors(one)).isEqualTo(8 * sectors(many)).isEqualTo(32 * matrix);
    assertThat(ideal(one)).isEqualTo(sectors(many)).isEqualTo(ideal(many)).isEqualTo(4 * matrix);
    assertThat(sectors(read)).isEqualTo(ideal(read)).isEqualTo(2 * matrix);
    for (Counters counters : List.of(one, many, read)) {
      assertThat(counters.unique()).isEqualTo(new Counters.UniqueSectors(matrix, matrix));
      long instructions = counters.total().get(Measure.EXECUTIONS);
      assertThat(page).contains(text("%,d", instructions * (COLUMNS_OF_PAGE / COLUMNS)));
    }
    assertThat(row(page, "registers, about"))
        .isEqualTo(
            text(
                "| registers, about | %d | %d | %d |",
                one.launch().registers(), many.launch().registers(), read.launch().registers()));
    // A fourth of the sectors of each are those of its stores, but half of the last one's.
    long scale = COLUMNS_OF_PAGE / COLUMNS;
    assertThat(row(page, "sectors read"))
        .isEqualTo(
            text(
                "| sectors read | %,d | %,d | %,d |",
                sectors(one) * 3 / 4 * scale,
                sectors(many) * 3 / 4 * scale,
                sectors(read) / 2 * scale));
  }

  /** All the heat of the first is in four lines, which the page names. */
  @Test
  void sectorsAreThoseOfFourLines() throws IOException {
    List<Integer> lines =
        one.sourceLines().entrySet().stream()
            .filter(line -> line.getValue().get(Measure.GLOBAL_SECTORS) != 0)
            .map(line -> line.getKey().line())
            .sorted()
            .toList();
    assertThat(lines).containsExactly(13, 18, 23, 24);
    assertThat(Files.readString(PAGE)).contains("lines 13, 18, 23 and 24");
  }

  @Test
  void estimatesAreThoseOfThePage() throws IOException {
    GpuModel gpu = GpuModel.find("a100").orElseThrow();
    RooflineEstimate first = scaled(one, gpu);
    RooflineEstimate second = scaled(many, gpu);
    RooflineEstimate third = scaled(read, gpu);
    assertThat(first.holds().resource()).isEqualTo(Resource.L2);
    assertThat(second.holds().resource()).isEqualTo(Resource.DRAM);
    assertThat(third.holds().resource()).isEqualTo(Resource.DRAM);
    String page = Files.readString(PAGE);
    assertThat(row(page, "A100, at least"))
        .isEqualTo(
            text(
                "| A100, at least | %.2f µs (L2 cache) | %.2f µs (DRAM) | %.2f µs (DRAM) |",
                1e6 * first.seconds(), 1e6 * second.seconds(), 1e6 * third.seconds()));
    assertThat(row(page, "the next bound"))
        .isEqualTo(
            text(
                "| the next bound | %.2f µs (DRAM) | %.2f µs (fp32) | %.2f µs (L2 cache) |",
                next(first), next(second), next(third)));
  }

  private static double next(RooflineEstimate estimate) {
    return 1e6 * estimate.bounds().get(1).seconds();
  }

  private static RooflineEstimate scaled(Counters counters, GpuModel gpu) {
    long blocks = counters.launch().blocks() * (COLUMNS_OF_PAGE / COLUMNS);
    return RooflineEstimate.of(counters, gpu, blocks, Long.MAX_VALUE);
  }

  @Test
  void allThreeAreRight() {
    try (var device = CpuDevice.ofMachine();
        NdArray x = NdArray.of(device, numbers()).reshape(ROWS, COLUMNS);
        NdArray y = NdArray.empty(device, DType.FP32, ROWS, COLUMNS)) {
      KernelModule module = KernelModule.load(EXAMPLE);
      module.kernel("one_column").on(device).grid(COLUMNS).launch(x, y, ROWS, COLUMNS, 128);
      assertIsSoftmax(x.toFloats(), y.toFloats());
      module
          .kernel("many_columns")
          .on(device)
          .grid(COLUMNS / 32)
          .launch(x, y, ROWS, COLUMNS, 16, 32);
      assertIsSoftmax(x.toFloats(), y.toFloats());
      module.kernel("read_once").on(device).grid(COLUMNS / 8).launch(x, y, ROWS, COLUMNS, 512, 8);
      assertIsSoftmax(x.toFloats(), y.toFloats());
    }
  }

  private static float[] numbers() {
    var random = new Random(7);
    float[] x = new float[ROWS * COLUMNS];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian();
    }
    return x;
  }

  private static void assertIsSoftmax(float[] x, float[] y) {
    double[] actual = new double[y.length];
    for (int i = 0; i < y.length; i++) {
      actual[i] = y[i];
    }
    ErrorRule.check("softmax", DType.FP32, actual, softmax(x, true), softmax(x, false));
  }

  /** A plain loop over each column. */
  private static double[] softmax(float[] x, boolean inFp32) {
    double[] y = new double[x.length];
    for (int column = 0; column < COLUMNS; column++) {
      double sum = 0;
      for (int row = 0; row < ROWS; row++) {
        int i = row * COLUMNS + column;
        y[i] = rounded(Math.exp(x[i]), inFp32);
        sum = rounded(sum + y[i], inFp32);
      }
      for (int row = 0; row < ROWS; row++) {
        int i = row * COLUMNS + column;
        y[i] = rounded(y[i] / sum, inFp32);
      }
    }
    return y;
  }

  private static double rounded(double value, boolean toFp32) {
    return toFp32 ? (float) value : value;
  }

  private static Counters counted(String kernel, int programs, Object... constants) {
    SimOptions options =
        SimOptions.standard().withTarget(Target.SM_80).watchedBy(new LaunchCounting());
    try (var sim = new SimDevice(options);
        NdArray x = NdArray.zeros(sim, DType.FP32, ROWS, COLUMNS);
        NdArray y = NdArray.empty(sim, DType.FP32, ROWS, COLUMNS)) {
      Object[] arguments =
          Stream.concat(Stream.of(x, y, ROWS, COLUMNS), Stream.of(constants)).toArray();
      KernelModule.load(EXAMPLE).kernel(kernel).on(sim).grid(programs).launch(arguments);
      return sim.lastReport().part(Counters.class).orElseThrow();
    }
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  private static long sectors(Counters counters) {
    return counters.total().get(Measure.GLOBAL_SECTORS);
  }

  private static long ideal(Counters counters) {
    return counters.total().get(Measure.GLOBAL_IDEAL_SECTORS);
  }

  private static String row(String page, String name) {
    return page.lines()
        .filter(line -> line.startsWith("| " + name + " |"))
        .findFirst()
        .orElseThrow();
  }
}
