package dev.kiln.runtime.tune;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.python.TritonConfig;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.Kernel;
import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.Launch;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.cache.CacheSettings;
import dev.kiln.runtime.cache.CompileCache;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TuningPolicyTest {
  private static final String SOURCE =
      """
      import triton
      import triton.language as tl

      @triton.autotune(
          configs=[
              triton.Config({"BLOCK": 16}, num_warps=2),
              triton.Config({"BLOCK": 32}, num_warps=4),
              triton.Config({"BLOCK": 64}, num_warps=8),
          ],
          key=["n"],
      )
      @triton.jit
      def block_size(out_ptr, n, BLOCK: tl.constexpr):
          tl.store(out_ptr, BLOCK)
      """;

  @TempDir Path folder;

  private final Device device = Devices.cpu();
  private CompileCache cache;
  private Kernel kernel;

  @BeforeEach
  void makeCache() {
    cache = new CompileCache(CacheSettings.in(folder.toFile(), 1 << 20), warning -> {});
    kernel = KernelModule.of("block.py", SOURCE).kernel("block_size");
  }

  private TuningPolicy newProcess() {
    return new TuningPolicy.FromDisk(new TuningRecords(cache));
  }

  private List<TritonConfig> configs() {
    return kernel.declaration().autotune().orElseThrow().configs();
  }

  /** The block size that a launch takes. */
  private double blockSize(Launch launch, long n, DType dtype) {
    try (NdArray out = NdArray.zeros(device, dtype, 1)) {
      launch.grid(1).launch(out, n);
      return out.toDoubles()[0];
    }
  }

  private void keep(long n, DType dtype, int config) {
    try (NdArray out = NdArray.zeros(device, dtype, 1)) {
      Launch launch = kernel.on(device).args(out, n);
      new TuningRecords(cache).keep(launch.tuningKey(), configs().get(config));
    }
  }

  @Test
  void theFirstConfigurationIsTheDefault() {
    keep(100, DType.FP32, 2);
    Launch launch = kernel.on(device);
    assertThat(blockSize(launch, 100, DType.FP32)).isEqualTo(16);
    assertThat(launch.compile().specialization().options().numWarps()).isEqualTo(2);
  }

  @Test
  void withoutRecordsTheFirstConfigurationIsTaken() {
    assertThat(blockSize(kernel.on(device).tuning(newProcess()), 100, DType.FP32)).isEqualTo(16);
    var off = new TuningRecords(new CompileCache(CacheSettings.off("off"), warning -> {}));
    TuningPolicy policy = new TuningPolicy.FromDisk(off);
    assertThat(blockSize(kernel.on(device).tuning(policy), 100, DType.FP32)).isEqualTo(16);
  }

  @Test
  void recordsHoldForTheirKeyAndDtypesAlone() {
    keep(100, DType.FP32, 2);
    keep(200, DType.FP32, 1);
    Launch launch = kernel.on(device).tuning(newProcess());
    for (int time = 0; time < 2; time++) {
      assertThat(blockSize(launch, 100, DType.FP32)).isEqualTo(64);
      assertThat(launch.compile().specialization().options().numWarps()).isEqualTo(8);
      assertThat(blockSize(launch, 200, DType.FP32)).isEqualTo(32);
      assertThat(blockSize(launch, 300, DType.FP32)).isEqualTo(16);
      assertThat(blockSize(launch, 100, DType.FP16)).isEqualTo(16);
    }
  }

  @Test
  void aRecordOfAConfigurationThatIsGoneIsNotTaken() {
    keep(100, DType.FP32, 2);
    TritonConfig gone = configs().get(2);
    TuningRecords records = new TuningRecords(cache);
    Launch launch = kernel.on(device);
    try (NdArray out = NdArray.zeros(device, DType.FP32, 1)) {
      TuningKey key = launch.args(out, 100L).tuningKey();
      assertThat(records.find(key, configs())).contains(gone);
      assertThat(records.find(key, configs().subList(0, 2))).isEmpty();
    }
  }

  @Test
  void recordsAreListedWithTheCache() {
    keep(100, DType.FP32, 1);
    assertThat(cache.list())
        .singleElement()
        .satisfies(
            entry -> {
              assertThat(entry.kind()).isEqualTo("tuning");
              assertThat(entry.label()).isEqualTo("block_size");
              assertThat(entry.target()).isEqualTo(device.model());
            });
  }

  @Test
  void whatTheCallerSetsStays() {
    keep(100, DType.FP32, 1);
    Launch launch = kernel.on(device).tuning(newProcess()).constant("BLOCK", 8);
    assertThat(blockSize(launch, 100, DType.FP32)).isEqualTo(8);
  }
}
