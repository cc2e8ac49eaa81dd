package dev.kiln.tests.tune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.Kernel;
import dev.kiln.runtime.Launch;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.TensorDescriptor;
import dev.kiln.runtime.cache.TuningOutcome;
import dev.kiln.runtime.profile.DoBench;
import dev.kiln.runtime.profile.Timing;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.runtime.sim.roofline.GpuModel;
import dev.kiln.runtime.sim.roofline.RooflineClock;
import dev.kiln.runtime.tune.TuningChoice;
import dev.kiln.runtime.tune.TuningChoice.Candidate;
import dev.kiln.runtime.tune.TuningPolicy;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tuning for a GPU that is not there. */
class EstimateTest {
  private static final int N = 1 << 13;
  private static final GpuModel H100 = GpuModel.find("h100").orElseThrow();
  private static final String CONFIGS =
      """
      @triton.autotune(configs=[triton.Config({"BLOCK": 32}, num_warps=1),
                                triton.Config({"BLOCK": 512}, num_warps=4)], key=["n"])
      @triton.jit
      """;

  private static final String KERNELS =
      CONFIGS
          + """
          def gather_rows(out_ptr, x_ptr, n, BLOCK: tl.constexpr):
              at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
              for i in range(4):
                  x = tl.load(x_ptr + (at * 8 + i) % n, mask=at < n)
                  tl.store(out_ptr + at, tl.load(out_ptr + at, mask=at < n) + x, mask=at < n)

          """
          + CONFIGS
          + """
          def persistent(out_ptr, n, BLOCK: tl.constexpr):
              for block in range(tl.program_id(0), tl.cdiv(n, BLOCK), tl.num_programs(0)):
                  at = block * BLOCK + tl.arange(0, BLOCK)
                  tl.store(out_ptr + at, tl.load(out_ptr + at, mask=at < n) + 1.0, mask=at < n)

          """
          + CONFIGS
          + """
          def through_descriptor(desc, n, BLOCK: tl.constexpr):
              at = tl.program_id(0) * BLOCK
              for i in range(BLOCK // 32):
                  x = desc.load([at + i * 32])
                  desc.store([at + i * 32], x + 1.0)
          """;

  private static Launch launch(String kernel, Device device, TuningPolicy policy) {
    Kernel parsed = TuningRig.kernel(KERNELS, kernel);
    return parsed
        .on(device)
        .tuning(policy)
        .grid(meta -> Grid.of(Grid.cdiv(N, meta.intValue("BLOCK"))));
  }

  private static TuningPolicy estimate() {
    return new TuningPolicy.Estimate(TuningRig.records(), H100);
  }

  private static List<Double> times(Launch launch) {
    TuningChoice choice = launch.tuningChoice().orElseThrow();
    return choice.candidates().stream()
        .map(Candidate::outcome)
        .map(outcome -> outcome.map(TuningOutcome::nanos).orElseThrow())
        .toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "eval", "sim"})
  void everyDeviceCanAskForAGpuThatIsNotThere(String name) {
    Device device = TuningRig.device(name);
    try (NdArray out = TuningRig.counting(device, N);
        NdArray x = TuningRig.ones(device, N)) {
      Launch launch = launch("gather_rows", device, estimate());
      launch.launch(out, x, (long) N);
      assertThat(out.toFloats()[5]).as("it ran once, on its own device").isEqualTo(10);
      assertThat(times(launch)).allMatch(nanos -> nanos > 0 && nanos < 1e6);
      Launch again = launch("gather_rows", device, estimate());
      again.launch(out, x, (long) N);
      assertThat(times(again)).isEqualTo(times(launch));
    }
  }

  @Test
  void programsThatCountEachOtherAreRunTogether() {
    Device device = TuningRig.device("cpu");
    try (NdArray out = TuningRig.counting(device, N)) {
      Launch launch = launch("persistent", device, estimate()).grid(4);
      launch.launch(out, (long) N);
      assertThat(out.toFloats()[N - 1]).isEqualTo(N + 1);
      assertThat(times(launch)).allMatch(nanos -> nanos > 0);
    }
  }

  @Test
  void descriptorsAndViewsAreCopied() {
    Device device = TuningRig.device("cpu");
    try (NdArray memory = TuningRig.counting(device, N + 16)) {
      NdArray view = memory.narrow(0, 16, 16 + N);
      Launch launch = launch("through_descriptor", device, estimate());
      launch.launch(TensorDescriptor.of(view, 32), (long) N);
      assertThat(memory.toFloats()[15]).isEqualTo(16);
      assertThat(memory.toFloats()[16]).isEqualTo(18);
      assertThat(times(launch)).allMatch(nanos -> nanos > 0);
    }
  }

  /** A part of a grid of like programs is estimated as the whole is. */
  @Test
  void ofALargeGridAPartTellsAlmostTheSame() {
    RooflineClock clock = new RooflineClock(H100);
    SimOptions options = SimOptions.standard().withTarget(Target.SM_90A);
    try (SimDevice sim = new SimDevice(clock.in(options));
        NdArray out = TuningRig.counting(sim, N);
        NdArray x = TuningRig.ones(sim, N)) {
      Launch whole = launch("gather_rows", sim, TuningPolicy.FIRST).args(out, x, (long) N);
      Timing timing = DoBench.on(sim).run(whole::launch);
      assertThat(timing.runs()).isEqualTo(1);
      Launch launch = launch("gather_rows", TuningRig.device("sim"), estimate());
      try (NdArray out2 = TuningRig.counting(launch.device(), N);
          NdArray x2 = TuningRig.ones(launch.device(), N)) {
        launch.launch(out2, x2, (long) N);
      }
      double ratio = times(launch).getFirst() / timing.median();
      assertThat(ratio).isBetween(0.5, 2.0);
    }
  }

  @Test
  void measurementsOnTheSimulatorAreEstimates() {
    RooflineClock clock = new RooflineClock(H100);
    SimOptions options = SimOptions.standard().withTarget(Target.SM_90A);
    try (SimDevice sim = new SimDevice(clock.in(options));
        NdArray out = NdArray.zeros(sim, DType.FP32, N);
        NdArray x = TuningRig.ones(sim, N)) {
      Launch launch = launch("gather_rows", sim, TuningPolicy.FIRST).args(out, x, (long) N);
      double first = DoBench.on(sim).run(launch::launch).median();
      assertThat(DoBench.on(sim).run(launch::launch).median()).isEqualTo(first);
      Timing twice =
          DoBench.on(sim)
              .run(
                  () -> {
                    launch.launch();
                    launch.launch();
                  });
      assertThat(twice.median()).isCloseTo(2 * first, offset(1e-6));
      assertThat(clock.nanos()).isGreaterThan(0);
    }
  }
}
