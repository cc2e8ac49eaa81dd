package dev.kiln.tests.benchmarks.peer;

import dev.kiln.references.torch.Torch;
import dev.kiln.runtime.cpu.CpuDevice;
import dev.kiln.runtime.cpu.CpuOptions;
import java.util.concurrent.TimeUnit;
import org.bytedeco.openblas.global.openblas;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** A row of {@link PeerRows}: by turns by Kiln and by its peer, on as many threads. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2, time = 3)
@Measurement(iterations = 5, time = 2)
public class PeerBenchmark {
  private static final long MEMORY = 4L << 30;

  /** Name of the row. */
  @Param("")
  public String row;

  private CpuDevice device;
  private Contest contest;

  @Setup
  public void setUp() {
    PeerRow chosen = PeerRows.named(row);
    device =
        new CpuDevice(CpuOptions.ofMachine().withThreads(chosen.threads()).withMemoryBytes(MEMORY));
    if (!chosen.environment().containsKey(PeerRows.OPENBLAS_THREADS)) {
      openblas.blas_set_num_threads(chosen.threads());
    }
    Torch.threads(chosen.threads());
    contest = chosen.contest().apply(device);
    contest.requireAgreement();
    contest.runUntilCompiled();
  }

  @TearDown
  public void tearDown() {
    device.close();
  }

  @Benchmark
  public void byTurns(Turns turns) throws InterruptedException {
    turns.take(contest);
  }
}
