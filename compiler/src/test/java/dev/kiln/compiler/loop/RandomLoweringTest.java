package dev.kiln.compiler.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.CompileOptions;
import dev.kiln.compiler.eval.Grid;
import dev.kiln.compiler.eval.Launch;
import dev.kiln.compiler.eval.RandomKernel;
import dev.kiln.compiler.eval.RandomKernels;
import dev.kiln.compiler.ir.Printer;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.transform.StandardPipeline;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RandomLoweringTest {
  private static final int KERNELS = Integer.getInteger("kiln.random.kernels", 60);
  private static final int FIRST = Integer.getInteger("kiln.random.first", 0);

  @Test
  void loweredKernelsComputeWhatTheEvaluatorDoes() {
    for (long seed = FIRST; seed < FIRST + KERNELS; seed++) {
      RandomKernel kernel = RandomKernels.generate(seed);
      check(kernel, kernel.function(), LoopOptions.DEFAULT);
    }
  }

  @Test
  void optimisedKernelsToo() {
    for (long seed = FIRST; seed < FIRST + KERNELS; seed++) {
      RandomKernel kernel = RandomKernels.generate(seed);
      var options = CompileOptions.DEFAULT.withFpFusion(false);
      check(kernel, StandardPipeline.of(options).run(kernel.function()), LoopOptions.DEFAULT);
    }
  }

  @Test
  void kernelsLoweredWithoutAnyFusionToo() {
    for (long seed = FIRST; seed < FIRST + KERNELS; seed++) {
      RandomKernel kernel = RandomKernels.generate(seed);
      check(kernel, kernel.function(), LoopOptions.NAIVE);
    }
  }

  private static void check(RandomKernel kernel, TileFunction function, LoopOptions options) {
    Optional<String> difference;
    String text = "not lowered";
    try {
      LoopKernel lowered = LoopLowering.lower(function, options);
      text = LoopPrinter.print(lowered);
      difference =
          kernel.difference(kernel.evaluate(function), kernel.run(launch -> run(lowered, launch)));
    } catch (RuntimeException e) {
      throw new AssertionError("seed " + kernel.seed() + "\n" + Printer.print(function) + text, e);
    }
    assertThat(difference).as("%s%s", Printer.print(function), text).isEmpty();
  }

  private static void run(LoopKernel lowered, Launch launch) {
    Grid grid = launch.grid();
    LoopInterpreter.run(
        lowered, new int[] {grid.x(), grid.y(), grid.z()}, launch.memory(), launch.arguments());
  }
}
