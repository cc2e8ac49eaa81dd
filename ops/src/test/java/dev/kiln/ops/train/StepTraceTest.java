package dev.kiln.ops.train;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kiln.ops.optim.Precision;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.DeviceActivity;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.LaunchListener;
import dev.kiln.runtime.cpu.CpuDevice;
import dev.kiln.runtime.cpu.CpuOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StepTraceTest {
  private static final List<String> PARTS = List.of("batch", "forward", "backward", "update");

  @TempDir private Path folder;

  /** What a listener hears that has nothing to do with the trace. */
  private static final class Other implements LaunchListener {
    final List<String> kernels = new ArrayList<>();
    int copies;

    @Override
    public void launched(String kernel, Grid grid, long nanos) {
      kernels.add(kernel);
    }

    @Override
    public void heard(DeviceActivity activity) {
      LaunchListener.super.heard(activity);
      copies += activity instanceof DeviceActivity.Copy ? 1 : 0;
    }
  }

  private List<JsonNode> trace(int steps, int recorded, Other other, List<String> told)
      throws IOException {
    Path file = folder.resolve("trace.json");
    try (Device device = new CpuDevice(CpuOptions.ofMachine().withMemoryBytes(1 << 26));
        var run =
            new PlaneRun(device, new PlaneRun.Plane(8, 0), 1, Precision.FP32, "warmup:5,cosine")) {
      var trace = new StepTrace(device, file, recorded, told::add);
      var trainer = new Trainer(run.workload, TrainerOptions.of(steps), List.of(trace));
      try (var _ = device.listenBeside(other)) {
        trainer.run();
      }
      assertThat(device.listener()).isNull();
    }
    List<JsonNode> events = new ArrayList<>();
    new ObjectMapper().readTree(Files.readString(file)).get("traceEvents").forEach(events::add);
    return events;
  }

  private static List<JsonNode> of(List<JsonNode> events, String category) {
    return events.stream()
        .filter(e -> e.get("ph").asText().equals("X") && e.get("cat").asText().equals(category))
        .toList();
  }

  private static double start(JsonNode event) {
    return event.get("ts").asDouble();
  }

  private static double end(JsonNode event) {
    return start(event) + event.get("dur").asDouble();
  }

  private static String name(JsonNode event) {
    return event.get("name").asText();
  }

  private static boolean isWithin(JsonNode inner, JsonNode outer) {
    // A thousandth of a microsecond is a nanosecond: what rounding may add.
    return start(inner) >= start(outer) - 1e-3 && end(inner) <= end(outer) + 1e-3;
  }

  @Test
  void everyLaunchAndCopyOfAStepIsThereOnce() throws IOException {
    var other = new Other();
    List<JsonNode> events = trace(3, 3, other, new ArrayList<>());
    List<String> recorded = of(events, "kernel").stream().map(StepTraceTest::name).toList();
    // Before comes the warm-up, behind the validation.
    assertThat(other.kernels).containsSequence(recorded);
    assertThat(recorded).hasSize(3 * recorded.indexOf("norm_kernel") + 3).endsWith("norm_kernel");
    assertThat(of(events, "copy")).hasSizeGreaterThan(3).hasSizeLessThanOrEqualTo(other.copies);
  }

  @Test
  void partsLieWithinTheirSteps() throws IOException {
    List<JsonNode> spans = of(trace(3, 2, new Other(), new ArrayList<>()), "host");
    List<JsonNode> steps = spans.stream().filter(s -> name(s).startsWith("step")).toList();
    assertThat(steps.stream().map(StepTraceTest::name)).containsExactly("step 1", "step 2");
    for (JsonNode step : steps) {
      assertThat(
              spans.stream()
                  .filter(span -> span != step && isWithin(span, step))
                  .map(StepTraceTest::name))
          .isEqualTo(PARTS);
    }
  }

  @Test
  void launchesLieWithinTheirParts() throws IOException {
    List<JsonNode> events = trace(1, 1, new Other(), new ArrayList<>());
    List<JsonNode> spans = of(events, "host");
    JsonNode update = spans.stream().filter(s -> name(s).equals("update")).findFirst().get();
    List<JsonNode> adam =
        of(events, "kernel").stream().filter(e -> name(e).equals("adam_kernel")).toList();
    assertThat(adam).hasSize(1);
    assertThat(isWithin(adam.getFirst(), update)).isTrue();
  }

  @Test
  void onlyTheFirstStepsAreRecorded() throws IOException {
    var other = new Other();
    List<String> told = new ArrayList<>();
    List<JsonNode> events = trace(6, 2, other, told);
    assertThat(of(events, "kernel")).hasSizeLessThan(other.kernels.size() / 2);
    assertThat(told).singleElement().asString().contains("adam_kernel", "copy to device");
  }

  @Test
  void aRunThatEndsBeforeIsWrittenAllTheSame() throws IOException {
    List<JsonNode> spans = of(trace(2, 50, new Other(), new ArrayList<>()), "host");
    assertThat(spans.stream().map(StepTraceTest::name)).contains("step 1", "step 2");
  }
}
