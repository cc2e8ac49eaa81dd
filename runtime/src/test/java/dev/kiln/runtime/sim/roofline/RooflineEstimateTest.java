package dev.kiln.runtime.sim.roofline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.runtime.sim.exec.LaunchShape;
import dev.kiln.runtime.sim.monitor.count.Counters;
import dev.kiln.runtime.sim.monitor.count.Direction;
import dev.kiln.runtime.sim.monitor.count.InstructionClass;
import dev.kiln.runtime.sim.monitor.count.Measure;
import dev.kiln.runtime.sim.monitor.count.Measures;
import dev.kiln.runtime.sim.monitor.count.TensorWork;
import dev.kiln.runtime.sim.ptx.PtxType;
import dev.kiln.runtime.sim.roofline.RooflineEstimate.Bound;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Worked by hand for an H100: 132 SMs, 1980 MHz, with tensor cores 1830 MHz. */
class RooflineEstimateTest {
  private static final GpuModel H100 = GpuModel.find("h100").orElseThrow();
  private static final Offset<Double> TINY = within(1e-12);
  private static final double MICROSECOND = 1e-6;

  private final List<Counters.Line> lines = new ArrayList<>();
  private long read;
  private long written;

  private void line(
      String mnemonic, InstructionClass kind, TensorWork tensor, Map<Measure, Long> measures) {
    lines.add(
        new Counters.Line(
            lines.size(),
            lines.size() + 1,
            "kernel",
            mnemonic,
            Optional.empty(),
            kind,
            Direction.LOADS,
            Optional.ofNullable(tensor),
            Measures.of(measures)));
  }

  private void arithmetic(String mnemonic, InstructionClass kind, long executions) {
    line(mnemonic, kind, null, Map.of(Measure.EXECUTIONS, executions));
  }

  private RooflineEstimate estimate(int blocks, GpuModel gpu) {
    LaunchShape shape = LaunchShape.of(blocks, 256);
    Counters counters =
        new Counters(
            "kernel",
            new Counters.Launch(shape, blocks, 0, 64),
            lines,
            new Counters.UniqueSectors(read, written),
            new Counters.Synchronisation(0, 0, Map.of()));
    return RooflineEstimate.of(counters, gpu);
  }

  private static double even(RooflineEstimate estimate, Resource resource) {
    return estimate.bounds().stream()
        .filter(bound -> bound.resource() == resource)
        .findFirst()
        .orElseThrow()
        .even();
  }

  /** Each would take a microsecond: rate of an SM and clock / 32 lanes * 132 SMs * 1980 clocks. */
  @ParameterizedTest
  @CsvSource({
    "fma.rn.f32, FP32, 4, FP32",
    "add.f32x2, FP32, 2, FP32",
    "fma.rn.f64, FP64, 2, FP64",
    "fma.rn.f16x2, FP16, 4, FP16",
    "add.s32, INTEGER, 2, INTEGER",
    "add.s64, INTEGER, 1, INTEGER",
    "ex2.approx.f32, SPECIAL, 0.5, SPECIAL",
    "cvt.rn.f16.f32, CONVERSION, 0.5, CONVERSION",
    "cvt.rn.f64.f32, CONVERSION, 0.5, CONVERSION",
    "cvt.u32.u16, CONVERSION, 2, INTEGER",
    "shfl.sync.bfly.b32, SHUFFLE, 1, SHUFFLE",
    "mov.b32, MOVE, 4, ISSUE"
  })
  void arithmeticTakesItsWarpsOverTheRate(
      String mnemonic, InstructionClass kind, double warpsOfClock, Resource resource) {
    arithmetic(mnemonic, kind, (long) (warpsOfClock * 132 * 1980));
    RooflineEstimate estimate = estimate(132, H100);
    assertThat(even(estimate, resource)).isCloseTo(MICROSECOND, TINY);
    assertThat(estimate.seconds()).isCloseTo(MICROSECOND, TINY);
  }

  @Test
  void whatTheGuardHoldsBackTakesAnIssueSlotOnly() {
    line(
        "fma.rn.f32",
        InstructionClass.FP32,
        null,
        Map.of(Measure.EXECUTIONS, 4L * 132 * 1980, Measure.PREDICATED_OFF, 2L * 132 * 1980));
    RooflineEstimate estimate = estimate(132, H100);
    assertThat(even(estimate, Resource.ISSUE)).isCloseTo(MICROSECOND, TINY);
    assertThat(even(estimate, Resource.FP32)).isCloseTo(MICROSECOND / 2, TINY);
  }

  /** 2048 multiply-adds in a clock of 1830 MHz. */
  @Test
  void tensorCoresTakeTheirProductsOverTheRate() {
    long times = 132 * 1830;
    line(
        "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32",
        InstructionClass.TENSOR,
        GpuModelTest.work(PtxType.F32, PtxType.F16),
        Map.of(Measure.EXECUTIONS, times, Measure.MULTIPLY_ADDS, times * 2048));
    RooflineEstimate estimate = estimate(132, H100);
    assertThat(estimate.holds().resource()).isEqualTo(Resource.TENSOR);
    assertThat(estimate.seconds()).isCloseTo(MICROSECOND, TINY);
    assertThat(estimate.share(estimate.holds())).isCloseTo(1, TINY);
    assertThat(even(estimate, Resource.ISSUE)).isCloseTo(MICROSECOND * 1830 / 1980 / 4, TINY);
  }

  @Test
  void productsOfUnknownRateAreNamed() {
    line(
        "mma.sync.aligned.m16n8k64.row.col.s32.s4.s4.s32",
        InstructionClass.TENSOR,
        GpuModelTest.work(PtxType.S32, PtxType.S4),
        Map.of(Measure.EXECUTIONS, 1L, Measure.MULTIPLY_ADDS, 8192L));
    RooflineEstimate estimate = estimate(132, H100);
    assertThat(estimate.unknownProducts()).containsExactly("mma m16n8k16 s32.s4.s4");
    assertThat(even(estimate, Resource.TENSOR)).isZero();
    assertThat(RooflineReport.table(estimate)).contains("left out: mma m16n8k16 s32.s4.s4");
  }

  /** A wavefront in a clock; 128 bytes for wgmma likewise. */
  @Test
  void sharedMemoryTakesItsWavefronts() {
    line(
        "ld.shared.f32",
        InstructionClass.SHARED,
        null,
        Map.of(
            Measure.EXECUTIONS,
            1L,
            Measure.SHARED_WAVEFRONTS,
            132L * 1480,
            Measure.TENSOR_SHARED_BYTES,
            132L * 500 * 128));
    assertThat(even(estimate(132, H100), Resource.SHARED)).isCloseTo(MICROSECOND, TINY);
  }

  /** 3350 GB/s: 209,375 sectors in two microseconds. */
  @Test
  void dramMovesDistinctSectors() {
    read = 200_000;
    written = 9_375;
    RooflineEstimate estimate = estimate(132, H100);
    assertThat(estimate.holds().resource()).isEqualTo(Resource.DRAM);
    assertThat(estimate.seconds()).isCloseTo(2 * MICROSECOND, TINY);
  }

  /** 4472 bytes in a clock: 1980 * 4472 / 32 sectors in a microsecond. */
  @Test
  void l2MovesAllSectors() {
    line(
        "ld.global.f32",
        InstructionClass.GLOBAL,
        null,
        Map.of(Measure.EXECUTIONS, 1L, Measure.GLOBAL_SECTORS, 276_705L));
    assertThat(even(estimate(132, H100), Resource.L2)).isCloseTo(MICROSECOND, TINY);
  }

  /** Two of 133 blocks run on one SM: what 132 SMs would do in a microsecond takes 264 / 133. */
  @Test
  void anUnevenSpreadOfBlocksLengthensWhatSmsDoButNotMemory() {
    arithmetic("fma.rn.f32", InstructionClass.FP32, 4L * 132 * 1980);
    read = 209_375 / 2;
    RooflineEstimate estimate = estimate(133, H100);
    assertThat(estimate.seconds()).isCloseTo(MICROSECOND * 264 / 133, TINY);
    assertThat(estimate.share(estimate.holds())).isCloseTo(133 / 264.0, TINY);
    Bound dram =
        estimate.bounds().stream()
            .filter(bound -> bound.resource() == Resource.DRAM)
            .findFirst()
            .orElseThrow();
    assertThat(dram.seconds()).isEqualTo(dram.even());
  }

  @Test
  void theOccupancyIsThatOfTheLaunch() {
    RooflineEstimate estimate = estimate(1056, H100);
    // 64 registers: 4 blocks of 8 warps.
    assertThat(estimate.occupancy().blocks()).isEqualTo(4);
    assertThat(estimate.waves().waves()).isCloseTo(2, TINY);
    assertThat(estimate.waves().tail()).isCloseTo(1, TINY);
  }

  @Test
  void addressArithmeticIsNotTheWholeStory() {
    arithmetic("add.s32", InstructionClass.INTEGER, 4L * 132 * 1980);
    read = 209_375 / 2;
    RooflineEstimate estimate = estimate(132, H100);
    assertThat(estimate.holds().resource()).isEqualTo(Resource.INTEGER);
    assertThat(estimate.seconds()).isCloseTo(2 * MICROSECOND, TINY);
    assertThat(estimate.firm().resource()).isEqualTo(Resource.DRAM);
    assertThat(RooflineReport.table(estimate))
        .contains("at least 2.00 us, bound by integer at 100.0 % of its peak")
        .contains("much of which ptxas removes: at least 1.00 us, bound by DRAM at 100.0 %");
  }

  @Test
  void theReportNamesTheBoundAndTheAssumptions() {
    read = 209_375;
    RooflineEstimate estimate = estimate(132, H100);
    assertThat(RooflineReport.table(estimate))
        .contains("at least 2.00 us, bound by DRAM at 100.0 % of its peak")
        .contains(RooflineEstimate.ASSUMPTIONS)
        .contains(Counters.NOTES);
    var json = RooflineReport.json(estimate);
    assertThat(json.get("bound").asText()).isEqualTo("dram");
    assertThat(json.get("bounds")).hasSize(Resource.values().length);
    assertThat(json.get("assumptions").toString()).contains(Counters.NOTES.getFirst());
  }

  @ParameterizedTest
  @CsvSource({
    "2e-9, 2.0 ns",
    "9.9999e-7, 1.00 us",
    "9.99999e-4, 1.00 ms",
    "1.5e-6, 1.50 us",
    "2.25e-3, 2.25 ms",
    "1.5, 1.500 s",
    "0, 0.0 ns"
  })
  void timesHaveAUnit(double seconds, String text) {
    assertThat(RooflineReport.time(seconds)).isEqualTo(text);
  }
}
