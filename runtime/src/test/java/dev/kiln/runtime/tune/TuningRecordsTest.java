package dev.kiln.runtime.tune;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.python.TritonConfig;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.Launch;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.cache.CacheSettings;
import dev.kiln.runtime.cache.CompileCache;
import dev.kiln.runtime.cache.TuningOutcome;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TuningRecordsTest {
  private static final String SOURCE =
      """
      import triton
      import triton.language as tl

      @triton.jit
      def block_size(out_ptr, n, BLOCK: tl.constexpr):
          tl.store(out_ptr, BLOCK)
      """;

  private static final List<TritonConfig> CONFIGS =
      List.of(config(16), config(32), config(64).withNumWarps(8));

  @TempDir Path folder;

  private final Device device = Devices.cpu();
  private final AtomicInteger trials = new AtomicInteger();
  private CompileCache cache;

  private static TritonConfig config(int block) {
    return TritonConfig.EMPTY.with("BLOCK", block);
  }

  @BeforeEach
  void makeCache() {
    cache = new CompileCache(CacheSettings.in(folder.toFile(), 1 << 20), warning -> {});
  }

  private TuningRecords newProcess() {
    return new TuningRecords(cache);
  }

  /** Larger blocks are faster. */
  private TuningPolicy measuring(TuningRecords records) {
    return new TuningPolicy.Measure(
        records,
        trial -> {
          trials.incrementAndGet();
          return 100 - (Long) trial.configuration().kwargs().get("BLOCK");
        });
  }

  private Launch launch(List<TritonConfig> configs, TuningPolicy policy) {
    return KernelModule.of("block.py", SOURCE)
        .kernel("block_size")
        .on(device)
        .configurations(configs)
        .key("n")
        .tuning(policy);
  }

  private double run(Launch launch, long n) {
    try (NdArray out = NdArray.zeros(device, DType.FP32, 1)) {
      launch.grid(1).launch(out, n);
      return out.toDoubles()[0];
    }
  }

  @Test
  void aNewConfigurationIsTriedAlone() {
    assertThat(run(launch(CONFIGS.subList(0, 2), measuring(newProcess())), 5)).isEqualTo(32);
    assertThat(trials).hasValue(2);
    assertThat(run(launch(CONFIGS, measuring(newProcess())), 5)).isEqualTo(64);
    assertThat(trials).hasValue(3);
    assertThat(run(launch(CONFIGS, measuring(newProcess())), 6)).isEqualTo(64);
    assertThat(trials).as("another key").hasValue(6);
  }

  @Test
  void whatWasMeasuredIsTakenFromDisk() {
    run(launch(CONFIGS, measuring(newProcess())), 5);
    Launch later = launch(CONFIGS, new TuningPolicy.FromDisk(newProcess()));
    assertThat(run(later, 5)).isEqualTo(64);
    assertThat(run(later, 6)).as("nothing is known").isEqualTo(16);
    assertThat(run(launch(CONFIGS.subList(0, 2), new TuningPolicy.FromDisk(newProcess())), 5))
        .as("the best of those that there are")
        .isEqualTo(32);
  }

  @Test
  void aChoiceThatWasKeptCountsMoreThanTimes() {
    Launch launch = launch(CONFIGS, measuring(newProcess()));
    run(launch, 5);
    newProcess().keep(launch.tuningKey(), CONFIGS.get(1));
    assertThat(run(launch(CONFIGS, new TuningPolicy.FromDisk(newProcess())), 5)).isEqualTo(32);
    assertThat(run(launch(CONFIGS, measuring(newProcess())), 5)).isEqualTo(32);
    assertThat(trials).hasValue(3);
  }

  @Test
  void entriesTellWhatTheyAre() {
    run(launch(CONFIGS, measuring(newProcess())), 5);
    assertThat(cache.list())
        .hasSize(3)
        .allSatisfy(
            entry -> {
              assertThat(entry.kind()).isEqualTo("tuning");
              assertThat(entry.target()).isEqualTo(device.model());
            })
        .anySatisfy(
            entry ->
                assertThat(entry.label())
                    .isEqualTo("block_size Config({'BLOCK': 64}, num_warps=8): 36.0 ns"));
    assertThat(cache.clear()).isEqualTo(3);
    assertThat(run(launch(CONFIGS, measuring(newProcess())), 5)).isEqualTo(64);
    assertThat(trials).hasValue(6);
  }

  @Test
  void damagedEntriesAreMeasuredAgain() throws IOException {
    run(launch(CONFIGS, measuring(newProcess())), 5);
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "tuning-*")) {
      for (Path file : files) {
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 1] ^= 1;
        Files.write(file, bytes);
      }
    }
    assertThat(run(launch(CONFIGS, measuring(newProcess())), 5)).isEqualTo(64);
    assertThat(trials).hasValue(6);
  }

  @Test
  void failuresAreKeptWithTheirReason() {
    TuningRecords records = newProcess();
    Launch launch = launch(CONFIGS, measuring(records));
    run(launch, 5);
    TuningKey key = launch.tuningKey();
    records.keep(key, CONFIGS.get(2), TuningOutcome.failed("too large\nby far"));
    TuningOutcome kept = newProcess().outcome(key, CONFIGS.get(2)).orElseThrow();
    assertThat(kept.works()).isFalse();
    assertThat(kept.failure()).contains("too large");
    assertThat(newProcess().find(key, CONFIGS)).contains(CONFIGS.get(1));
  }

  @Test
  void optionsOfTheLaunchAreAKeyOfTheirOwn() {
    TuningRecords records = newProcess();
    run(launch(CONFIGS, measuring(records)), 5);
    Launch other = launch(CONFIGS, measuring(records)).numWarps(2);
    run(other, 5);
    assertThat(trials).hasValue(6);
  }

  @Test
  void threadsThatWantTheSameMeasureOnce() throws Exception {
    TuningRecords records = newProcess();
    var begun = new CountDownLatch(2);
    List<Future<Double>> results = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      for (int thread = 0; thread < 2; thread++) {
        results.add(
            threads.submit(
                () -> {
                  Launch launch = launch(CONFIGS, measuring(records));
                  begun.countDown();
                  begun.await();
                  return run(launch, 5);
                }));
      }
      for (Future<Double> result : results) {
        assertThat(result.get()).isEqualTo(64);
      }
    }
    assertThat(trials).hasValue(3);
  }

  @Test
  void ofTimesThatHardlyDifferTheFirstCounts() {
    TuningPolicy policy =
        new TuningPolicy.Measure(
            newProcess(), trial -> trial.configuration().numWarps().isPresent() ? 100 : 101);
    assertThat(run(launch(CONFIGS, policy), 5)).isEqualTo(16);
  }

  @Test
  void onTheJvmTimesMustDifferMoreToCount() {
    TuningRecords records = newProcess();
    Launch launch = launch(CONFIGS, new TuningPolicy.FromDisk(records));
    try (NdArray out = NdArray.zeros(device, DType.FP32, 1)) {
      TuningKey key = launch.args(out, 5L).tuningKey();
      records.keep(key, CONFIGS.get(0), TuningOutcome.took(108));
      records.keep(key, CONFIGS.get(1), TuningOutcome.took(100));
      assertThat(run(launch, 5)).isEqualTo(16);
      assertThat(records.find(key, CONFIGS)).contains(CONFIGS.get(1));
    }
  }

  @Test
  void aLaunchKeepsItsChoiceWhileTheKeyStays() {
    Launch launch = launch(CONFIGS, measuring(newProcess()));
    for (int time = 0; time < 3; time++) {
      assertThat(run(launch, 5)).isEqualTo(64);
      assertThat(run(launch, 7)).isEqualTo(64);
    }
    assertThat(trials).hasValue(6);
  }
}
