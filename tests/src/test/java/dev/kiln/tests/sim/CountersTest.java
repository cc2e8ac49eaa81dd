package dev.kiln.tests.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimLaunch;
import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.runtime.sim.TensorMap;
import dev.kiln.runtime.sim.TensorMap.DataType;
import dev.kiln.runtime.sim.exec.ExecutorOptions;
import dev.kiln.runtime.sim.monitor.Monitor.MbarrierEvent;
import dev.kiln.runtime.sim.monitor.count.AnnotatedPtx;
import dev.kiln.runtime.sim.monitor.count.Counters;
import dev.kiln.runtime.sim.monitor.count.CountersJson;
import dev.kiln.runtime.sim.monitor.count.CountersReport;
import dev.kiln.runtime.sim.monitor.count.Direction;
import dev.kiln.runtime.sim.monitor.count.InstructionClass;
import dev.kiln.runtime.sim.monitor.count.LaunchCounting;
import dev.kiln.runtime.sim.monitor.count.Measure;
import dev.kiln.runtime.sim.monitor.count.Measures;
import dev.kiln.runtime.sim.roofline.GpuModel;
import dev.kiln.runtime.sim.roofline.Occupancy;
import dev.kiln.runtime.sim.roofline.Resource;
import dev.kiln.runtime.sim.roofline.RooflineEstimate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Counters of kernels whose accesses are known. */
class CountersTest {
  private SimDevice device = device(1);

  private static SimDevice device(int threads) {
    return new SimDevice(
        SimOptions.standard()
            .withTarget(Target.SM_90A)
            .withExecutor(ExecutorOptions.standard().withThreads(threads))
            .watchedBy(new LaunchCounting()));
  }

  @AfterEach
  void closeDevice() {
    device.close();
  }

  private Counters count(String file, String entry, SimLaunch launch, Object... arguments) {
    return device
        .load(CudaKernels.text(file))
        .kernel(entry)
        .launch(launch, arguments)
        .part(Counters.class)
        .orElseThrow();
  }

  private NdArray numbers(DType dtype, int size) {
    return NdArray.zeros(device, dtype, size);
  }

  private Counters transpose(String entry) {
    NdArray in = numbers(DType.FP32, 1024);
    NdArray out = numbers(DType.FP32, 1024);
    SimLaunch launch = SimLaunch.of(Grid.of(1), Grid.of(32, 8));
    return entry.equals("transpose_tile")
        ? count("transpose_stencil", entry, launch, 32, 32, in, out)
        : count("transpose_stencil", entry, launch, in, out);
  }

  @Test
  void aPaddedTileHasNoBankConflictsAndCoalescesBothWays() {
    Counters counters = transpose("transpose_tile");
    Measures total = counters.total();
    assertThat(total.get(Measure.SHARED_REQUESTS)).isEqualTo(64);
    assertThat(total.get(Measure.SHARED_WAVEFRONTS)).isEqualTo(64);
    assertThat(total.bankConflicts()).isZero();
    assertThat(counters.of(Direction.LOADS).get(Measure.GLOBAL_REQUESTS)).isEqualTo(32);
    assertThat(counters.of(Direction.LOADS).get(Measure.GLOBAL_SECTORS)).isEqualTo(128);
    assertThat(counters.of(Direction.STORES).get(Measure.GLOBAL_SECTORS)).isEqualTo(128);
    assertThat(total.get(Measure.GLOBAL_IDEAL_SECTORS)).isEqualTo(256);
    assertThat(counters.unique()).isEqualTo(new Counters.UniqueSectors(128, 128));
    assertThat(counters.synchronisation().barriersCompleted()).isEqualTo(1);
    assertThat(counters.executions("bar")).isEqualTo(8);
  }

  @Test
  void columnsOfAnUnpaddedTileConflict32Ways() {
    Counters counters = transpose("transpose_conflicts");
    Measures loads = counters.sum(line -> line.mnemonic().startsWith("ld.shared"));
    assertThat(loads.get(Measure.SHARED_REQUESTS)).isEqualTo(32);
    assertThat(loads.get(Measure.SHARED_WAVEFRONTS)).isEqualTo(32 * 32);
    assertThat(loads.bankConflicts()).isEqualTo(32 * 31);
    assertThat(counters.total().bankConflicts()).isEqualTo(32 * 31);
  }

  @Test
  void swizzledTilesFeedLdmatrixWithoutConflicts() {
    int m = 128;
    int n = 128;
    int k = 96;
    Counters counters =
        count(
            "tensor_products",
            "hgemm_pipelined",
            SimLaunch.of(Grid.of(n / 64, m / 64), Grid.of(128)),
            n,
            k,
            numbers(DType.FP16, m * k),
            numbers(DType.FP16, k * n),
            numbers(DType.FP16, m * n));
    Measures matrices = counters.sum(line -> line.mnemonic().startsWith("ldmatrix"));
    assertThat(matrices.get(Measure.SHARED_REQUESTS)).isPositive();
    assertThat(matrices.bankConflicts()).isZero();
    // Every element of C takes k products.
    assertThat(counters.total().get(Measure.MULTIPLY_ADDS)).isEqualTo((long) m * n * k);
    assertThat(counters.tensor()).containsOnlyKeys("mma m16n8k16 f32.f16.f16");
    // Each of two columns of blocks copies all of A, each of two rows all of B.
    Measures copies = counters.of(Direction.COPIES);
    assertThat(copies.get(Measure.GLOBAL_BYTES)).isEqualTo(2L * (m * k + k * n) * 2);
    assertThat(copies.get(Measure.SHARED_BYTES)).isEqualTo(copies.get(Measure.GLOBAL_BYTES));
    assertThat(copies.get(Measure.GLOBAL_SECTORS)).isEqualTo(copies.get(Measure.GLOBAL_BYTES) / 32);
    assertThat(counters.unique().read()).isEqualTo((m * k + k * n) * 2 / 32);
    assertThat(counters.unique().written()).isEqualTo(m * n * 2 / 32);
    assertThat(counters.asyncGroups()).isPositive();
  }

  @Test
  void multicastReadsGlobalMemoryOnce() {
    int rows = 64;
    NdArray in = numbers(DType.FP32, rows * 32);
    NdArray out = numbers(DType.FP32, rows * 64);
    Counters counters =
        count(
            "hopper",
            "multicast_scale",
            SimLaunch.of(2 * rows / 16, 128),
            TensorMap.tiled(DataType.FLOAT32, in.address(), 32, rows).box(32, 16).build(),
            TensorMap.tiled(DataType.FLOAT32, out.address(), 64, rows).box(32, 16).build());
    Measures loads = counters.of(Direction.BULK_LOADS);
    assertThat(loads.get(Measure.GLOBAL_REQUESTS)).isEqualTo(rows / 16);
    assertThat(loads.get(Measure.GLOBAL_BYTES)).isEqualTo(rows * 32 * 4);
    assertThat(loads.get(Measure.GLOBAL_SECTORS)).isEqualTo(rows * 32 * 4 / 32);
    // To the block itself and to the other one.
    assertThat(loads.get(Measure.SHARED_BYTES) + loads.get(Measure.CLUSTER_BYTES))
        .isEqualTo(2 * rows * 32 * 4);
    Measures stores = counters.of(Direction.BULK_STORES);
    assertThat(stores.get(Measure.GLOBAL_BYTES)).isEqualTo(rows * 64 * 4);
    assertThat(stores.get(Measure.GLOBAL_SECTORS)).isEqualTo(rows * 64 * 4 / 32);
    assertThat(counters.unique())
        .isEqualTo(new Counters.UniqueSectors(rows * 32 * 4 / 32, rows * 64 * 4 / 32));
    assertThat(counters.synchronisation().mbarrierEvents())
        .containsKeys(MbarrierEvent.INITIALISES, MbarrierEvent.PHASE_COMPLETES);
  }

  @Test
  void wgmmaReadsSharedMemoryByItself() {
    int m = 128;
    int n = 64;
    int k = 192;
    NdArray a = numbers(DType.FP16, m * k);
    NdArray b = numbers(DType.FP16, k * n);
    Counters counters =
        count(
            "hopper",
            "wgmma_tma",
            SimLaunch.of(Grid.of(n / 64, m / 64), Grid.of(128)).withShared(4 * 64 * 64 * 2),
            n,
            k,
            tiles(a, k, m),
            tiles(b, k, n),
            numbers(DType.FP32, m * n));
    Measures total = counters.total();
    assertThat(total.get(Measure.MULTIPLY_ADDS)).isEqualTo((long) m * n * k);
    // For each 16 along k, 64 rows of A and 64 columns of B.
    assertThat(total.get(Measure.TENSOR_SHARED_BYTES))
        .isEqualTo(m / 64 * (n / 64) * (k / 16) * 2L * 64 * 16 * 2);
    assertThat(counters.tensor()).containsOnlyKeys("wgmma m64n64k16 f32.f16.f16");
    Measures loads = counters.of(Direction.BULK_LOADS);
    long bytes = (m * k * (n / 64) + k * n * (m / 64)) * 2L;
    assertThat(loads.get(Measure.GLOBAL_BYTES)).isEqualTo(bytes);
    // Swizzled rows come in pieces of 16 bytes.
    assertThat(loads.get(Measure.GLOBAL_SECTORS)).isEqualTo(bytes / 32);
    assertThat(loads.get(Measure.GLOBAL_IDEAL_SECTORS)).isEqualTo(bytes / 32);
    assertThat(loads.get(Measure.SHARED_WAVEFRONTS)).isEqualTo(bytes / 128);
    assertThat(counters.unique().read()).isEqualTo((m * k + k * n) * 2 / 32);
  }

  private static TensorMap tiles(NdArray halves, int columns, int rows) {
    return TensorMap.tiled(DataType.FLOAT16, halves.address(), columns, rows)
        .box(64, 64)
        .swizzle(TensorMap.Swizzle.BYTES_128)
        .build();
  }

  @Test
  void countsAreTheSameForAnyNumberOfThreads() {
    String one = histogram();
    device.close();
    device = device(3);
    assertThat(histogram()).isEqualTo(one);
  }

  private String histogram() {
    NdArray in = NdArray.of(device, Numbers.ints(5, 1 << 14, 0, 256), 1 << 14);
    Counters counters =
        count(
            "histogram_sort",
            "histogram256",
            SimLaunch.of(16, 256),
            1 << 14,
            in,
            numbers(DType.I32, 256));
    return CountersJson.withLines(counters).toString();
  }

  @Test
  void reportsSayWhatTheCountsAre() {
    Counters counters = transpose("transpose_conflicts");
    String table = CountersReport.table(counters);
    String ptx = AnnotatedPtx.of(counters, CudaKernels.text("transpose_stencil").file().lines());
    assertThat(table).contains("shared memory", "bank conflicts", "992");
    assertThat(ptx).contains("####", "ld.shared");
    for (String note : Counters.NOTES) {
      assertThat(table).contains(note);
      assertThat(ptx).contains(note);
      assertThat(CountersJson.of(counters).toString()).contains(note);
    }
    assertThat(counters.of(InstructionClass.SHARED).get(Measure.EXECUTIONS)).isEqualTo(64);
  }

  /** 1 MiB read and written: 2 * 2^20 / 3350 GB/s, if nothing else hinders. */
  @Test
  void aTransposeIsBoundByDram() {
    NdArray in = numbers(DType.FP32, 512 * 512);
    NdArray out = numbers(DType.FP32, 512 * 512);
    Counters counters =
        count(
            "transpose_stencil",
            "transpose_tile",
            SimLaunch.of(Grid.of(16, 16), Grid.of(32, 8)),
            512,
            512,
            in,
            out);
    RooflineEstimate estimate = RooflineEstimate.of(counters, GpuModel.find("h100").orElseThrow());
    assertThat(estimate.holds().resource()).isEqualTo(Resource.DRAM);
    assertThat(estimate.seconds()).isCloseTo(2 * (1 << 20) / 3350e9, within(1e-12));
    assertThat(estimate.occupancy().limit()).isEqualTo(Occupancy.Limit.THREADS);
  }
}
