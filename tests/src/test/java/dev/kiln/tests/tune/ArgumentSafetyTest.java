package dev.kiln.tests.tune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.python.TritonConfig;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.Kernel;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.Launch;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.cpu.CpuDevice;
import dev.kiln.runtime.tune.TuningPolicy;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tuning leaves no trace: arrays are what a launch without tuning makes of them. */
class ArgumentSafetyTest {
  private static final int N = 70;

  private static final String CONFIGS =
      """
      @triton.autotune(
          configs=[triton.Config({"BLOCK": 16}), triton.Config({"BLOCK": 32}, num_warps=2),
                   triton.Config({"BLOCK": 64}, num_warps=8)],
          key=["n"]%s)
      @triton.jit
      """;

  private static final String KERNELS =
      CONFIGS.formatted("")
          + """
          def accumulate(out_ptr, x_ptr, n, BLOCK: tl.constexpr):
              at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
              x = tl.load(x_ptr + at, mask=at < n)
              out = tl.load(out_ptr + at, mask=at < n)
              tl.store(out_ptr + at, out + x, mask=at < n)

          """
          + CONFIGS.formatted("")
          + """
          def total(out_ptr, x_ptr, n, BLOCK: tl.constexpr):
              at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
              tl.atomic_add(out_ptr, tl.sum(tl.load(x_ptr + at, mask=at < n, other=0.0)))

          """
          + CONFIGS.formatted(", reset_to_zero=[\"out_ptr\"]")
          + """
          def zeroed_total(out_ptr, x_ptr, n, BLOCK: tl.constexpr):
              at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
              tl.atomic_add(out_ptr, tl.sum(tl.load(x_ptr + at, mask=at < n, other=0.0)))

          """
          + CONFIGS.formatted("")
          + """
          def double_in_place(x_ptr, n, BLOCK: tl.constexpr):
              at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
              x = tl.load(x_ptr + at, mask=at < n)
              tl.store(x_ptr + at, 2 * x, mask=at < n)

          """
          + CONFIGS.formatted("")
          + """
          def through_addresses(table_ptr, n, BLOCK: tl.constexpr):
              out_ptr = tl.load(table_ptr).to(tl.pointer_type(tl.float32))
              at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
              tl.store(out_ptr + at, tl.load(out_ptr + at, mask=at < n) + 1, mask=at < n)
          """;

  private static Kernel kernel(String name) {
    return TuningRig.kernel(KERNELS, name);
  }

  private static Launch tuned(Kernel kernel, Device device, ScriptedTimer timer) {
    return kernel
        .on(device)
        .tuning(TuningRig.measure(timer))
        .grid(meta -> Grid.of(Grid.cdiv(N, meta.intValue("BLOCK"))));
  }

  private static ScriptedTimer largestIsFastest() {
    return ScriptedTimer.by("BLOCK", -1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "eval", "sim"})
  void sumsInMemoryAreMadeOnce(String name) {
    Device device = TuningRig.device(name);
    ScriptedTimer timer = largestIsFastest();
    try (NdArray out = TuningRig.counting(device, N);
        NdArray x = TuningRig.ones(device, N)) {
      Launch launch = tuned(kernel("accumulate"), device, timer);
      launch.launch(out, x, (long) N);
      assertThat(timer.tried).hasSize(3);
      assertThat(launch.tuningChoice().orElseThrow().config().kwargs()).containsValue(64L);
      float[] sums = out.toFloats();
      for (int i = 0; i < N; i++) {
        assertThat(sums[i]).isEqualTo(i + 2);
      }
      launch.launch();
      assertThat(timer.tried).hasSize(3);
      assertThat(out.toFloats()[0]).isEqualTo(3);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "eval", "sim"})
  void atomicSumsAreMadeOnce(String name) {
    Device device = TuningRig.device(name);
    try (NdArray out = TuningRig.counting(device, 1);
        NdArray x = TuningRig.ones(device, N)) {
      tuned(kernel("total"), device, largestIsFastest()).launch(out, x, (long) N);
      assertThat(out.toFloats()).containsExactly(N + 1);
    }
  }

  @Test
  void resetToZeroHoldsForTrialsAlone() {
    Device device = TuningRig.device("cpu");
    try (NdArray out = TuningRig.counting(device, 1);
        NdArray x = TuningRig.ones(device, N)) {
      var seen = new float[1];
      var timer =
          new ScriptedTimer(
              trial -> {
                seen[0] = out.toFloats()[0];
                return 1;
              });
      tuned(kernel("zeroed_total"), device, timer).launch(out, x, (long) N);
      assertThat(seen[0]).isEqualTo(N);
      assertThat(out.toFloats()).containsExactly(N + 1);
    }
  }

  @Test
  void everyRunOfATrialSeesWhatTheLaunchWillSee() {
    Device device = TuningRig.device("cpu");
    try (NdArray x = TuningRig.counting(device, N)) {
      var seen = new float[1];
      var timer =
          new ScriptedTimer(
              trial -> {
                seen[0] = x.toFloats()[4];
                return 1;
              });
      tuned(kernel("double_in_place"), device, timer).launch(x, (long) N);
      assertThat(seen[0]).isEqualTo(10);
      assertThat(x.toFloats()[4]).isEqualTo(10);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "sim"})
  void viewsThatOverlapAreRestored(String name) {
    Device device = TuningRig.device(name);
    List<TritonConfig> configs =
        List.of(
            TritonConfig.EMPTY.with("BLOCK", 128),
            TritonConfig.EMPTY.with("BLOCK", 128).withNumWarps(8));
    ScriptedTimer timer = ScriptedTimer.by("BLOCK", 1);
    try (NdArray tuned = TuningRig.counting(device, 2 * N);
        NdArray plain = TuningRig.counting(device, 2 * N)) {
      Launch launch = tuned(kernel("accumulate"), device, timer).configurations(configs);
      launch.launch(tuned.narrow(0, N / 2, N / 2 + N), tuned.narrow(0, 0, N), (long) N);
      launch.tuning(TuningPolicy.FIRST);
      launch.launch(plain.narrow(0, N / 2, N / 2 + N), plain.narrow(0, 0, N), (long) N);
      assertThat(timer.tried).hasSize(2);
      assertThat(tuned.toFloats()).isEqualTo(plain.toFloats());
    }
  }

  @Test
  void aTrialThatThrowsLeavesNoTrace() {
    // Nobody else's memory is counted.
    try (Device device = CpuDevice.ofMachine();
        NdArray out = TuningRig.counting(device, N);
        NdArray x = TuningRig.ones(device, N)) {
      var timer =
          new ScriptedTimer(
              trial -> {
                throw new KilnException("the clock broke");
              });
      Launch launch = tuned(kernel("accumulate"), device, timer).args(out, x, (long) N);
      launch.tuning(TuningPolicy.FIRST).launch(); // The device takes work memory of its own.
      float[] before = out.toFloats();
      long memory = device.memoryUse().current();
      launch.tuning(TuningRig.measure(timer));
      assertThatThrownBy(launch::launch).hasMessage("the clock broke");
      assertThat(out.toFloats()).containsExactly(before);
      assertThat(device.memoryUse().current()).isEqualTo(memory);
      launch.tuning(TuningPolicy.FIRST).launch();
      assertThat(out.toFloats()[0]).isEqualTo(3);
    }
  }

  @Test
  void whatIsWrittenToUnknownAddressesIsNotTried() {
    Device device = TuningRig.device("cpu");
    ScriptedTimer timer = largestIsFastest();
    try (NdArray out = TuningRig.ones(device, N);
        NdArray table = NdArray.of(device, new long[] {out.address()}, 1)) {
      Launch launch = tuned(kernel("through_addresses"), device, timer);
      launch.launch(table, (long) N);
      assertThat(out.toFloats()).containsOnly(2);
      assertThat(timer.tried).isEmpty();
      assertThat(launch.tuningChoice().orElseThrow().note())
          .contains(
              "kernel 'through_addresses': its configurations were not tried: it writes to"
                  + " addresses that no argument holds");
      assertThat(launch.tuningChoice().orElseThrow().config().kwargs()).containsValue(16L);
    }
  }

  @Test
  void anEmptyGridIsNotTried() {
    Device device = TuningRig.device("cpu");
    ScriptedTimer timer = largestIsFastest();
    try (NdArray out = NdArray.zeros(device, DType.FP32, 1);
        NdArray x = TuningRig.ones(device, N)) {
      Launch launch = kernel("total").on(device).tuning(TuningRig.measure(timer));
      launch.args(out, x, (long) N).launch(0, 1, 1);
      assertThat(timer.tried).isEmpty();
      assertThat(launch.tuningChoice().orElseThrow().note())
          .contains("kernel 'total': its configurations were not tried: its grid is empty");
      launch.launch(5, 1, 1);
      assertThat(timer.tried).hasSize(3);
      assertThat(out.toFloats()).containsExactly(N);
    }
  }

  @Test
  void aGridThatIsGivenAsNumbersIsThatOfAllTrials() {
    Device device = TuningRig.device("cpu");
    try (NdArray out = NdArray.zeros(device, DType.FP32, 1);
        NdArray x = TuningRig.ones(device, N)) {
      Launch launch = kernel("total").on(device).tuning(TuningRig.measure(largestIsFastest()));
      launch.args(out, x, (long) N).launch(5, 1, 1);
      assertThat(out.toFloats()).containsExactly(N);
    }
  }
}
