package dev.kiln.runtime.sim.roofline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.runtime.sim.monitor.count.TensorWork;
import dev.kiln.runtime.sim.ptx.PtxType;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GpuModelTest {
  private static GpuModel gpu(String name) {
    return GpuModel.find(name).orElseThrow();
  }

  @Test
  void theFiveGpusAreKnownByName() {
    assertThat(GpuModel.all().stream().map(GpuModel::name))
        .containsExactly("a100", "h100", "h200", "rtx4090", "b200");
    assertThat(GpuModel.find("H100")).isPresent();
    assertThat(GpuModel.find("gtx480")).isEmpty();
  }

  @Test
  void everyNumberHasASource() {
    for (GpuModel gpu : GpuModel.all()) {
      assertThat(gpu.figures()).containsOnlyKeys(Quantity.values());
      gpu.figures().values().forEach(GpuModelTest::check);
      assertThat(gpu.tensor()).containsKeys("f16.f16", "f32.f16", "f32.bf16", "f32.tf32", "s32.8");
      gpu.tensor().values().forEach(GpuModelTest::check);
    }
  }

  private static void check(GpuModel.Figure figure) {
    assertThat(figure.value()).isPositive();
    assertThat(figure.source()).isNotBlank();
    assertThat(figure.where()).isNotBlank();
  }

  /** Dense peaks in 10^12 operations a second, as data sheets state them. */
  @ParameterizedTest
  @CsvSource({
    "a100, f32.f16, 312",
    "a100, f32.tf32, 156",
    "a100, f64.f64, 19.5",
    "a100, s32.8, 624",
    "a100, s32.4, 1248",
    "a100, s32.1, 4992",
    "h100, f32.f16, 989.4",
    "h100, f32.tf32, 494.7",
    "h100, f32.8, 1978.9",
    "h100, f64.f64, 66.9",
    "h200, f32.bf16, 989.4",
    "rtx4090, f32.f16, 165.2",
    "rtx4090, f16.f16, 330.3",
    "rtx4090, f32.8, 330.3",
    "rtx4090, s32.8, 660.6",
    "b200, f32.f16, 2250",
    "b200, f32.8, 4500",
    "b200, f64.f64, 37"
  })
  void tensorRatesGiveTheStatedPeak(String name, String types, double peak) {
    GpuModel gpu = gpu(name);
    Quantity clock = types.startsWith("f64") ? Quantity.CLOCK_MHZ : Quantity.TENSOR_CLOCK_MHZ;
    double rate = gpu.tensor().get(types).value() * gpu.get(Quantity.SMS) * gpu.get(clock) * 1e6;
    assertThat(2 * rate / 1e12).isCloseTo(peak, Percentage.withPercentage(1.5));
  }

  @ParameterizedTest
  @CsvSource({
    "a100, FP32, 19.5, 1",
    "a100, FP64, 9.7, 1",
    "a100, FP16, 78, 2",
    "h100, FP32, 67, 1",
    "h100, FP64, 33.5, 1",
    "h100, FP16, 133.8, 2",
    "rtx4090, FP32, 82.6, 1",
    "rtx4090, FP16, 82.6, 2",
    "rtx4090, FP64, 1.29, 1",
    "b200, FP32, 75, 1",
    "b200, FP64, 37, 1"
  })
  void arithmeticRatesGiveTheStatedPeak(String name, Quantity unit, double peak, int elements) {
    GpuModel gpu = gpu(name);
    double lanes = gpu.get(unit) * gpu.get(Quantity.SMS) * gpu.get(Quantity.CLOCK_MHZ) * 1e6;
    assertThat(2 * elements * lanes / 1e12).isCloseTo(peak, Percentage.withPercentage(1.5));
  }

  @Test
  void elementsOfASizeShareARate() {
    GpuModel h100 = gpu("h100");
    assertThat(rate(h100, PtxType.F32, PtxType.E4M3)).isCloseTo(4096, within(0.0));
    assertThat(rate(h100, PtxType.F32, PtxType.E5M2)).isCloseTo(4096, within(0.0));
    assertThat(rate(h100, PtxType.S32, PtxType.U8)).isCloseTo(4096, within(0.0));
    TensorWork fours = work(PtxType.S32, PtxType.S4);
    assertThat(h100.tensorRate(fours)).isEmpty();
    assertThat(gpu("a100").tensorRate(fours)).isPresent();
  }

  private static double rate(GpuModel gpu, PtxType sum, PtxType a) {
    return gpu.tensorRate(work(sum, a)).orElseThrow().value();
  }

  static TensorWork work(PtxType sum, PtxType a) {
    return new TensorWork("mma", "m16n8k16", sum, a, a, 2048, 0);
  }
}
