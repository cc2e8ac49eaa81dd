package dev.kiln.tests.tune;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.product.Matmul;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.eval.EvalDevice;
import dev.kiln.runtime.memory.Slab;
import dev.kiln.runtime.tune.TuningPolicy;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Products whose tiles are chosen by trials. */
class TunedMatmulTest {
  /** Small integers, whose sums are exact in any order. */
  private static double[] integers(int count, int step) {
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = (i * step + i / 7) % 5 - 2;
    }
    return values;
  }

  private static double[] product(double[] a, double[] b, int m, int n, int k) {
    double[] c = new double[m * n];
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < n; j++) {
        for (int l = 0; l < k; l++) {
          c[i * n + j] += a[i * k + l] * b[l * n + j];
        }
      }
    }
    return c;
  }

  private static void check(Matmul matmul, Device device, int m, int n, int k) {
    double[] left = integers(m * k, 3);
    double[] right = integers(k * n, 2);
    try (NdArray a = NdArray.of(device, DType.FP16, left, m, k);
        NdArray b = NdArray.of(device, DType.FP16, right, k, n);
        NdArray c = NdArray.zeros(device, DType.FP32, m, n)) {
      matmul.run(a, b, c);
      assertThat(c.toDoubles()).containsExactly(product(left, right, m, n, k));
    }
  }

  @Test
  void eachProblemHasItsOwnTiles() {
    Device device = TuningRig.device("cpu");
    var timer = ScriptedTimer.by("BLOCK_N", 1).withoutRuns();
    try (Matmul matmul = Matmul.tuned(device, TuningRig.measure(timer))) {
      check(matmul, device, 20, 70, 40);
      Set<String> first = new LinkedHashSet<>(timer.tried);
      assertThat(first).hasSizeGreaterThan(1).hasSameSizeAs(timer.tried);
      check(matmul, device, 40, 20, 33);
      int tried = timer.tried.size();
      assertThat(tried).isGreaterThan(first.size());
      check(matmul, device, 20, 70, 40);
      check(matmul, device, 40, 20, 33);
      assertThat(timer.tried).hasSize(tried);
    }
  }

  @Test
  void onAGpuWarpsAndStagesAreTriedToo() {
    // The evaluator runs what a GPU would run, and needs no PTX of all these.
    Device device = new EvalDevice(Slab.ofDefaultSize(), UnaryOperator.identity(), Target.SM_80);
    var timer =
        new ScriptedTimer(trial -> 1.0 / trial.configuration().numStages().orElse(1)).withoutRuns();
    try (Matmul matmul = Matmul.tuned(device, TuningRig.measure(timer))) {
      check(matmul, device, 16, 32, 16);
      assertThat(timer.tried)
          .anyMatch(config -> config.endsWith("num_warps=8, num_stages=3)"))
          .anyMatch(config -> config.endsWith("num_warps=4, num_stages=4)"));
    }
  }

  @Test
  void theTilesWithoutTuningComeFirst() {
    Device device = TuningRig.device("cpu");
    try (Matmul tuned = Matmul.tuned(device, TuningPolicy.FIRST);
        Matmul plain = new Matmul(device);
        NdArray a = TuningRig.counting(device, 32 * 300);
        NdArray c = NdArray.zeros(device, DType.FP32, 32, 32);
        NdArray d = NdArray.zeros(device, DType.FP32, 32, 32)) {
      tuned.run(a.reshape(32, 300), a.reshape(300, 32), c);
      plain.run(a.reshape(32, 300), a.reshape(300, 32), d);
      assertThat(c.toBytes()).isEqualTo(d.toBytes());
    }
  }
}
