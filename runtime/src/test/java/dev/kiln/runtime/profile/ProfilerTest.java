package dev.kiln.runtime.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.DeviceActivity;
import dev.kiln.runtime.Kernel;
import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.cpu.CpuDevice;
import dev.kiln.runtime.cpu.CpuOptions;
import dev.kiln.runtime.eval.EvalDevice;
import dev.kiln.runtime.sim.SimDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProfilerTest {
  private static final Kernel DOUBLED =
      KernelModule.of(
              "doubled.py",
              """
              import triton
              import triton.language as tl

              @triton.jit
              def doubled(x, n, BLOCK: tl.constexpr):
                  at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
                  tl.store(x + at, tl.load(x + at, mask=at < n) * 2, mask=at < n)
              """)
          .kernel("doubled");

  @TempDir private Path folder;

  private static Device open(String name) {
    return switch (name) {
      case "cpu" -> new CpuDevice(CpuOptions.ofMachine().withThreads(1).withMemoryBytes(1 << 24));
      case "sim" -> new SimDevice();
      default -> new EvalDevice();
    };
  }

  private static void launch(Device device, NdArray x) {
    DOUBLED.on(device).grid(3).launch(x, (int) x.size(), 16);
  }

  /** Two launches within two spans, and copies around them. */
  private static Recording recorded(Device device) {
    try (var profiler = Profiler.of(device)) {
      try (var _ = profiler.span("step");
          NdArray x = NdArray.of(device, new float[40], 40)) {
        launch(device, x);
        try (var _ = profiler.span("inner")) {
          launch(device, x);
        }
        x.toFloats();
        x.buffer().fill((byte) 0);
      }
      return profiler.recording();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "sim", "eval"})
  void everyLaunchAndCopyIsThereOnceAndInOrder(String name) {
    try (Device device = open(name)) {
      Recording recording = recorded(device);
      assertThat(recording.activities().stream().map(Recording.Activity::name))
          .containsExactly("copy to device", "doubled", "doubled", "copy to host", "fill");
      assertThat(recording.activities().stream().map(a -> a.what()))
          .filteredOn(DeviceActivity.Copy.class::isInstance)
          .allMatch(copy -> ((DeviceActivity.Copy) copy).bytes() == 160);
      long before = recording.start();
      for (Recording.Activity activity : recording.activities()) {
        assertThat(activity.what().start()).as(activity.name()).isGreaterThanOrEqualTo(before);
        before = activity.what().start() + activity.what().nanos();
      }
    }
  }

  @Test
  void spansLieWithinEachOtherAndHoldTheirLaunches() {
    try (Device device = open("eval")) {
      Recording recording = recorded(device);
      Recording.HostSpan inner = recording.spans().get(0);
      Recording.HostSpan step = recording.spans().get(1);
      assertThat(inner.name()).isEqualTo("inner");
      assertThat(step.name()).isEqualTo("step");
      assertThat(inner.start()).isGreaterThanOrEqualTo(step.start());
      assertThat(inner.start() + inner.nanos()).isLessThanOrEqualTo(step.start() + step.nanos());
      DeviceActivity second = recording.activities().get(2).what();
      assertThat(second.start()).isGreaterThanOrEqualTo(inner.start());
      assertThat(second.start() + second.nanos())
          .isLessThanOrEqualTo(inner.start() + inner.nanos());
    }
  }

  @Test
  void spansOfOtherThreadsHaveTheirOwnTrack() throws InterruptedException {
    try (Device device = open("eval");
        var profiler = Profiler.of(device)) {
      Thread thread =
          Thread.ofPlatform()
              .name("loader")
              .start(
                  () -> {
                    try (var _ = profiler.span("batch")) {
                      Thread.onSpinWait();
                    }
                  });
      thread.join();
      assertThat(profiler.recording().spans())
          .singleElement()
          .satisfies(
              span -> {
                assertThat(span.threadName()).isEqualTo("loader");
                assertThat(span.thread()).isEqualTo(thread.threadId());
              });
    }
  }

  @Test
  void otherListenersHearTheSameAndKeepListening() {
    List<String> heard = new ArrayList<>();
    try (Device device = open("eval");
        NdArray x = NdArray.zeros(device, DType.FP32, 8)) {
      device.listen((kernel, grid, nanos) -> heard.add(kernel));
      Profiler profiler = Profiler.of(device);
      launch(device, x);
      try (var other = device.listenBeside((kernel, grid, nanos) -> heard.add("other"))) {
        launch(device, x);
        profiler.close();
        launch(device, x);
      }
      launch(device, x);
      assertThat(heard)
          .containsExactly("doubled", "doubled", "other", "doubled", "other", "doubled");
      assertThat(profiler.recording().activities()).hasSize(2);
      device.listen(null);
      assertThat(device.listener()).isNull();
    }
  }

  @Test
  void nothingIsRecordedBeforeAndAfter() {
    try (Device device = open("eval");
        NdArray x = NdArray.zeros(device, DType.FP32, 8)) {
      launch(device, x);
      Profiler profiler = Profiler.of(device);
      profiler.close();
      launch(device, x);
      assertThat(profiler.recording().activities()).isEmpty();
      assertThat(device.listener()).isNull();
    }
  }

  @Test
  void pausesAreLeftOut() {
    try (Device device = open("eval");
        NdArray x = NdArray.zeros(device, DType.FP32, 8);
        var profiler = Profiler.of(device)) {
      try (var _ = profiler.pause()) {
        launch(device, x);
        try (var _ = profiler.pause()) {
          x.toFloats();
        }
        launch(device, x);
      }
      launch(device, x);
      assertThat(profiler.recording().activities()).hasSize(1);
    }
  }

  @Test
  void memoryInUseIsFollowed() {
    try (Device device = open("eval");
        var profiler = Profiler.of(device)) {
      long before = device.memoryUse().current();
      try (NdArray x = NdArray.zeros(device, DType.FP32, 1 << 10)) {
        launch(device, x);
      }
      try (var _ = profiler.span("end")) {
        assertThat(profiler.recording().memory().getFirst().bytes()).isEqualTo(before);
      }
      assertThat(profiler.recording().memory().stream().map(Recording.MemorySample::bytes))
          .anyMatch(bytes -> bytes >= before + (4 << 10))
          .endsWith(before);
    }
  }

  @Test
  void theSummaryAddsUpByName() {
    try (Device device = open("eval")) {
      Recording recording = recorded(device);
      assertThat(recording.totals())
          .filteredOn(total -> total.name().equals("doubled"))
          .singleElement()
          .satisfies(total -> assertThat(total.count()).isEqualTo(2));
      assertThat(recording.summary().lines().map(line -> line.strip().split("  +")[0]))
          .contains("doubled", "copy to device", "copy to host", "fill");
      assertThat(recording.summary()).contains("%", "160");
    }
  }

  // The file

  @Test
  void theTraceHoldsWhatWasRecorded() throws IOException {
    Path file = folder.resolve("new/trace.json");
    Recording recording;
    try (Device device = open("eval")) {
      recording = recorded(device);
      ChromeTrace.write(file, recording);
    }
    JsonNode events = new ObjectMapper().readTree(Files.readString(file)).get("traceEvents");
    List<JsonNode> complete = withPhase(events, "X");
    assertThat(complete.stream().map(event -> event.get("name").asText()))
        .containsExactlyInAnyOrder(
            "step", "inner", "copy to device", "doubled", "doubled", "copy to host", "fill");
    for (JsonNode event : complete) {
      assertThat(event.get("ts").asDouble()).isNotNegative();
      assertThat(event.get("dur").asDouble()).isNotNegative();
    }
    JsonNode kernel = only(complete, "doubled").getFirst();
    assertThat(kernel.get("args").get("grid").toString()).isEqualTo("[3,1,1]");
    DeviceActivity first = recording.activities().get(1).what();
    assertThat(kernel.get("ts").asDouble()).isEqualTo((first.start() - recording.start()) / 1e3);
    assertThat(kernel.get("dur").asDouble()).isEqualTo(first.nanos() / 1e3);
    assertThat(only(complete, "copy to host").getFirst().get("args").get("bytes").asLong())
        .isEqualTo(160);
  }

  @Test
  void tracksHaveNamesAndArrowsLeadFromSpansToTheirLaunches() throws IOException {
    Path file = folder.resolve("trace.json");
    try (Device device = open("eval")) {
      ChromeTrace.write(file, recorded(device));
    }
    JsonNode events = new ObjectMapper().readTree(Files.readString(file)).get("traceEvents");
    assertThat(withPhase(events, "M").stream().map(e -> e.get("args").get("name").asText()))
        .containsExactly("program", "device eval", Thread.currentThread().getName(), "stream 0");
    List<JsonNode> starts = withPhase(events, "s");
    List<JsonNode> ends = withPhase(events, "f");
    assertThat(starts).hasSize(5);
    for (int i = 0; i < starts.size(); i++) {
      assertThat(ends.get(i).get("id")).isEqualTo(starts.get(i).get("id"));
      assertThat(starts.get(i).get("pid")).isNotEqualTo(ends.get(i).get("pid"));
      assertThat(ends.get(i).get("bp").asText()).isEqualTo("e");
    }
    assertThat(withPhase(events, "C")).isNotEmpty();
  }

  @Test
  void launchesOutsideOfSpansHaveNoArrow() throws IOException {
    Path file = folder.resolve("trace.json");
    try (Device device = open("eval");
        NdArray x = NdArray.zeros(device, DType.FP32, 8);
        var profiler = Profiler.of(device)) {
      launch(device, x);
      profiler.writeChromeTrace(file);
    }
    JsonNode events = new ObjectMapper().readTree(Files.readString(file)).get("traceEvents");
    assertThat(withPhase(events, "X")).hasSize(1);
    assertThat(withPhase(events, "s")).isEmpty();
  }

  @Test
  void aFileThatCannotBeWrittenSaysSo() {
    try (Device device = open("eval");
        var profiler = Profiler.of(device)) {
      assertThatThrownBy(() -> profiler.writeChromeTrace(folder))
          .isInstanceOf(KilnException.class)
          .hasMessageContaining("cannot write " + folder);
    }
  }

  private static List<JsonNode> withPhase(JsonNode events, String phase) {
    List<JsonNode> found = new ArrayList<>();
    for (JsonNode event : events) {
      if (event.get("ph").asText().equals(phase)) {
        found.add(event);
      }
    }
    return found;
  }

  private static List<JsonNode> only(List<JsonNode> events, String name) {
    return events.stream().filter(event -> event.get("name").asText().equals(name)).toList();
  }
}
