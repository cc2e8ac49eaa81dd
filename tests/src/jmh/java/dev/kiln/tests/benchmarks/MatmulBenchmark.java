package dev.kiln.tests.benchmarks;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.product.Matmul;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.cpu.CpuDevice;
import dev.kiln.runtime.cpu.CpuOptions;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.openblas.global.openblas;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * fp32 products of square matrices, by turns by Kiln and by OpenBLAS in one process on as many
 * threads: a few by the one, a pause in which its threads fall asleep, a few by the other.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2, time = 3)
@Measurement(iterations = 5, time = 2)
public class MatmulBenchmark {
  /** OpenBLAS's threads spin for some 25 ms before they sleep. */
  private static final int PAUSE_MS = 40;

  private static final int PRODUCTS = 5;

  @Param({"512", "1024"})
  public int size;

  @Param({"1", "2"})
  public int threads;

  private CpuDevice device;
  private Matmul matmul;
  private NdArray a;
  private NdArray b;
  private NdArray c;
  private FloatPointer blasA;
  private FloatPointer blasB;
  private FloatPointer blasC;

  /** Medians of an iteration. */
  @AuxCounters(AuxCounters.Type.EVENTS)
  @State(Scope.Thread)
  public static class Medians {
    private static final int MOST = 100_000;

    private final long[] kilnTimes = new long[MOST];
    private final long[] openBlasTimes = new long[MOST];
    private int count;

    public double kilnMicros;
    public double openBlasMicros;

    @Setup(Level.Iteration)
    public void start() {
      count = 0;
    }

    @TearDown(Level.Iteration)
    public void finish() {
      kilnMicros = median(kilnTimes);
      openBlasMicros = median(openBlasTimes);
    }

    private double median(long[] times) {
      Arrays.sort(times, 0, count);
      return times[count / 2] / 1e3;
    }
  }

  @Setup
  public void setUp() {
    device = new CpuDevice(CpuOptions.ofMachine().withThreads(threads).withMemoryBytes(256L << 20));
    matmul = new Matmul(device);
    int n = size * size;
    a = Inputs.normal(device, 1, size, size);
    b = Inputs.normal(device, 2, size, size);
    c = NdArray.zeros(device, DType.FP32, size, size);
    blasA = new FloatPointer(n).put(Inputs.normal(1, n));
    blasB = new FloatPointer(n).put(Inputs.normal(2, n));
    blasC = new FloatPointer(n);
    openblas.blas_set_num_threads(threads);
    kilnProduct();
    openBlasProduct();
    requireEqual();
  }

  private void requireEqual() {
    float[] expected = new float[size * size];
    blasC.get(expected);
    float[] actual = c.toFloats();
    for (int i = 0; i < expected.length; i++) {
      if (!(Math.abs(actual[i] - expected[i]) < 1e-3)) {
        throw new IllegalStateException(
            "element %d is %s here and %s in OpenBLAS".formatted(i, actual[i], expected[i]));
      }
    }
  }

  @TearDown
  public void tearDown() {
    device.close();
  }

  @Benchmark
  public void byTurns(Medians medians) throws InterruptedException {
    Thread.sleep(PAUSE_MS);
    int first = medians.count;
    for (int i = 0; i < PRODUCTS; i++) {
      long start = System.nanoTime();
      kilnProduct();
      medians.kilnTimes[first + i] = System.nanoTime() - start;
    }
    Thread.sleep(PAUSE_MS);
    for (int i = 0; i < PRODUCTS; i++) {
      long start = System.nanoTime();
      openBlasProduct();
      medians.openBlasTimes[first + i] = System.nanoTime() - start;
    }
    medians.count += PRODUCTS;
  }

  private void kilnProduct() {
    matmul.run(a, b, c);
  }

  private void openBlasProduct() {
    openblas.cblas_sgemm(
        openblas.CblasRowMajor,
        openblas.CblasNoTrans,
        openblas.CblasNoTrans,
        size,
        size,
        size,
        1,
        blasA,
        size,
        blasB,
        size,
        0,
        blasC,
        size);
  }
}
