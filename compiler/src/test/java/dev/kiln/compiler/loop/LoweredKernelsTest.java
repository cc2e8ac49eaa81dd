package dev.kiln.compiler.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.compiler.diagnostics.Source;
import dev.kiln.compiler.eval.Evaluator;
import dev.kiln.compiler.eval.Launch;
import dev.kiln.compiler.ir.Parser;
import dev.kiln.compiler.ir.TileFunction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every {@code loop/*.tir} is lowered to what stands in the {@code .loops} beside it ({@code
 * -Dkiln.update=true} rewrites that), and computes what the evaluator computes, whatever is left
 * out of the lowering.
 */
class LoweredKernelsTest {
  private static final Path FOLDER = Path.of("src/test/resources/loop");

  static Stream<Path> samples() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files.filter(f -> f.toString().endsWith(".tir")).sorted().toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource("samples")
  void loweringGivesTheseLoops(Path file) throws IOException {
    String text = LoopPrinter.print(LoopLowering.lower(function(file)));
    Path golden = Path.of(file.toString().replace(".tir", ".loops"));
    if (Boolean.getBoolean("kiln.update")) {
      Files.writeString(golden, text);
    }
    assertThat(text).isEqualTo(Files.readString(golden));
  }

  @ParameterizedTest
  @MethodSource("samples")
  void loopsComputeWhatTheKernelDoes(Path file) throws IOException {
    TileFunction function = function(file);
    var sample = SampleLaunch.parse(function, Files.readString(file));
    Map<String, double[]> expected = sample.run(launch -> Evaluator.run(function, launch));
    for (LoopOptions options : variants()) {
      LoopKernel lowered = LoopLowering.lower(function, options);
      Map<String, double[]> actual = sample.run(launch -> run(lowered, launch));
      expected.forEach(
          (name, numbers) -> {
            for (int i = 0; i < numbers.length; i++) {
              assertThat(actual.get(name)[i])
                  .as("%s[%d] with %s", name, i, options)
                  .isCloseTo(numbers[i], within(1e-4 * Math.max(1, Math.abs(numbers[i]))));
            }
          });
    }
  }

  private static List<LoopOptions> variants() {
    long limit = LoopOptions.DEFAULT.scratchLimit();
    return List.of(
        LoopOptions.DEFAULT,
        LoopOptions.NAIVE,
        new LoopOptions(false, true, true, true, true, true, limit),
        new LoopOptions(true, false, true, true, true, true, limit),
        new LoopOptions(true, true, false, true, true, true, limit),
        new LoopOptions(true, true, true, false, true, true, limit),
        new LoopOptions(true, true, true, true, false, true, limit),
        new LoopOptions(true, true, true, true, true, false, limit));
  }

  private static TileFunction function(Path file) throws IOException {
    return Parser.parse(new Source(file.getFileName().toString(), Files.readString(file)))
        .getFirst();
  }

  private static void run(LoopKernel lowered, Launch launch) {
    int[] grid = {launch.grid().x(), launch.grid().y(), launch.grid().z()};
    LoopInterpreter.run(lowered, grid, launch.memory(), launch.arguments());
  }
}
