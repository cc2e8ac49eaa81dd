package dev.kiln.tests.tune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.Grid;
import dev.kiln.runtime.Launch;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.cuda.CudaDevice;
import dev.kiln.runtime.cuda.CudaGraph;
import dev.kiln.runtime.profile.DoBench;
import dev.kiln.runtime.profile.Timing;
import dev.kiln.runtime.tune.TuningPolicy;
import dev.kiln.tests.cuda.CudaTest;
import org.junit.jupiter.api.Test;

/** Tuning on a GPU, where launches run later than they are made. */
@CudaTest
class CudaTuningTest {
  private static final int N = 70;

  private static final String ACCUMULATE =
      """
      @triton.autotune(
          configs=[triton.Config({"BLOCK": 32}, num_warps=1), triton.Config({"BLOCK": 64})],
          key=["n"])
      @triton.jit
      def accumulate(out_ptr, x_ptr, n, BLOCK: tl.constexpr):
          at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
          x = tl.load(x_ptr + at, mask=at < n)
          out = tl.load(out_ptr + at, mask=at < n)
          tl.store(out_ptr + at, out + x, mask=at < n)
      """;

  private static Launch launch(CudaDevice device, TuningPolicy policy) {
    return TuningRig.kernel(ACCUMULATE, "accumulate")
        .on(device)
        .tuning(policy)
        .grid(meta -> Grid.of(Grid.cdiv(N, meta.intValue("BLOCK"))));
  }

  @Test
  void sumsInMemoryAreMadeOnce(CudaDevice device) {
    ScriptedTimer timer = ScriptedTimer.by("BLOCK", -1);
    try (NdArray out = TuningRig.counting(device, N);
        NdArray x = TuningRig.ones(device, N)) {
      Launch launch = launch(device, TuningRig.measure(timer));
      launch.launch(out, x, (long) N);
      assertThat(timer.tried).hasSize(2);
      float[] sums = out.toFloats();
      for (int i = 0; i < N; i++) {
        assertThat(sums[i]).isEqualTo(i + 2);
      }
    }
  }

  @Test
  void eventsTimeRuns(CudaDevice device) {
    try (NdArray out = TuningRig.counting(device, N);
        NdArray x = TuningRig.ones(device, N)) {
      Launch launch = launch(device, TuningPolicy.FIRST).args(out, x, (long) N);
      Timing timing = DoBench.on(device).runs(1, 3).flush(false).run(launch::launch);
      assertThat(timing.runs()).isEqualTo(3);
      assertThat(timing.min()).isNotNegative();
      assertThat(out.toFloats()[0]).isEqualTo(5);
    }
  }

  @Test
  void aGraphIsCapturedWithWhatIsKnown(CudaDevice device) {
    ScriptedTimer timer = ScriptedTimer.by("BLOCK", -1);
    try (NdArray out = TuningRig.counting(device, N);
        NdArray x = TuningRig.ones(device, N)) {
      Launch launch = launch(device, TuningRig.measure(timer)).args(out, x, (long) N);
      assertThatThrownBy(() -> CudaGraph.capture(device, launch::launch))
          .hasMessageContaining("cannot be tried while a graph is captured");
      assertThat(timer.tried).isEmpty();
      launch.launch();
      try (CudaGraph graph = CudaGraph.capture(device, launch::launch)) {
        graph.replay();
      }
      assertThat(timer.tried).hasSize(2);
      assertThat(out.toFloats()[0]).isEqualTo(3);
    }
  }
}
