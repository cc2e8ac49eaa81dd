package dev.kiln.tests.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.gpu.GpuTarget;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.PtxFunction;
import dev.kiln.compiler.ptx.PtxPasses;
import dev.kiln.compiler.ptx.PtxPrinter;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.PtxModule;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimLaunch;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Text of functions that builders made: simplified or not, it computes the same. */
class PtxTextTest {
  private static final int COUNT = 60;

  @Test
  void simplifiedProgramsComputeTheSame() {
    compare(0, COUNT);
  }

  @Test
  @Tag("slow")
  void manySimplifiedProgramsComputeTheSame() {
    compare(COUNT, 10_000);
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "CPU")
  void ptxasAcceptsThem(Target target) {
    PtxasVerdicts.assume();
    for (long seed = 0; seed < 5; seed++) {
      String text = PtxPrinter.print(simplified(seed, target));
      assertThat(PtxasVerdicts.of(text, target).log()).as(text).doesNotContain("error");
    }
  }

  private static void compare(long from, long to) {
    try (var device = new SimDevice()) {
      for (long seed = from; seed < to; seed++) {
        int n = new Random(seed).nextInt(8);
        PtxFunction plain = function(PtxBuilder.literal(), seed, Target.SM_80);
        String expectedText = PtxPrinter.print(plain);
        String text = PtxPrinter.print(simplified(seed, Target.SM_80));
        assertThat(run(device, text, n))
            .as("seed %d, n %d%n%s%n--- from%n%s", seed, n, text, expectedText)
            .isEqualTo(run(device, expectedText, n));
      }
    }
  }

  private static PtxFunction simplified(long seed, Target target) {
    return PtxPasses.optimize(function(new PtxBuilder(RandomPtx.THREADS), seed, target));
  }

  private static PtxFunction function(PtxBuilder builder, long seed, Target target) {
    return RandomPtx.function(
        builder, seed, target.name().toLowerCase(), GpuTarget.of(target).ptxVersion());
  }

  private static long[] run(SimDevice device, String text, int n) {
    var inputs = new int[RandomPtx.INPUTS];
    var random = new Random(n);
    for (int i = 0; i < inputs.length; i++) {
      inputs[i] = random.nextInt(4) == 0 ? random.nextInt() : random.nextInt(100) - 20;
    }
    var outputs = new int[RandomPtx.OUTPUTS];
    try (var module = device.load(PtxModule.parse("random.ptx", text));
        NdArray in = NdArray.of(device, inputs, inputs.length);
        NdArray out = NdArray.of(device, outputs, outputs.length)) {
      module.kernel("random").launch(SimLaunch.of(1, RandomPtx.THREADS), in, out, n);
      return out.toLongs();
    }
  }
}
