package dev.kiln.tests.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.PtxKernel;
import dev.kiln.runtime.sim.PtxModule;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimLaunch;
import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.runtime.sim.SimReport;
import dev.kiln.runtime.sim.monitor.Sanitizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The example in {@code docs/simulator.md} is the method here, and works. */
class SimulatorPageTest {
  private static final Path PAGE = Path.of("..", "docs", "simulator.md");
  private static final Path SOURCE =
      Path.of("src/test/java/dev/kiln/tests/sim/SimulatorPageTest.java");

  private static float[] scaled(Path file) throws IOException {
    // example
    SimOptions options = SimOptions.standard().withSanitizers(EnumSet.allOf(Sanitizer.class));
    try (SimDevice device = new SimDevice(options);
        NdArray x = NdArray.of(device, new float[] {1, 2, 3, 4});
        NdArray y = NdArray.empty(device, DType.FP32, 4)) {
      PtxKernel kernel = device.load(PtxModule.load(file)).kernel("scale");
      SimReport report = kernel.launch(SimLaunch.of(1, 4), 2.5f, x, y);
      System.out.println(report.warpInstructions() + " warp instructions");
      System.out.print(report.findings().text());
      return y.toFloats(); // [2.5, 5.0, 7.5, 10.0]
    }
    // end
  }

  @Test
  void theExampleWorks() throws IOException {
    assertThat(scaled(Path.of("..", "examples", "scale.ptx"))).containsExactly(2.5f, 5, 7.5f, 10);
  }

  @Test
  void thePageShowsTheExample() throws IOException {
    List<String> source = Files.readAllLines(SOURCE);
    int from = source.indexOf("    // example") + 1;
    int to = source.indexOf("    // end");
    String example =
        String.join(
            "\n", source.subList(from, to).stream().map(line -> line.substring(4)).toList());
    assertThat(Files.readString(PAGE)).contains("```java\n" + example + "\n```\n");
  }
}
