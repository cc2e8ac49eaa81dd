package dev.kiln.tests.benchmarks;

import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.Launch;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.cuda.CudaDevice;
import dev.kiln.runtime.cuda.CudaDriver;
import dev.kiln.runtime.cuda.CudaOptions;
import dev.kiln.runtime.cuda.DriverLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Kiln's own part of a launch on a GPU: the launch of {@link LaunchBenchmark} with a driver that
 * does nothing, made of {@code src/test/c/null_driver.c} by gcc. Needs the folder of {@code cuda.h}
 * in {@code -Dkiln.cuda.include}, by default that of /usr/local/cuda.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 1)
public class CudaLaunchBenchmark {
  private CudaDevice device;
  private NdArray[] arrays;
  private NdArray out;
  private Launch launch;
  private int next;

  @Setup
  public void setUp() throws IOException, InterruptedException {
    System.setProperty(DriverLibrary.FILE_PROPERTY, driver().toString());
    device = CudaDriver.load().open(0, new CudaOptions(false));
    arrays = new NdArray[] {Inputs.normal(device, 1, 16), Inputs.normal(device, 2, 16)};
    out = Inputs.normal(device, 3, 16);
    launch = KernelModule.of("tiny.py", LaunchBenchmark.TEXT).kernel("tiny").on(device);
    launch.arg("BLOCK", 16);
  }

  @TearDown
  public void tearDown() {
    device.close();
  }

  private static Path driver() throws IOException, InterruptedException {
    Path library = Files.createTempDirectory("kiln").resolve("libnull.so");
    Path source = Path.of("src", "test", "c", "null_driver.c");
    Path here = Files.exists(source) ? source : Path.of("tests").resolve(source);
    int status =
        new ProcessBuilder(
                "gcc",
                "-shared",
                "-fPIC",
                "-O2",
                "-I" + System.getProperty("kiln.cuda.include", "/usr/local/cuda/include"),
                "-o",
                library.toString(),
                here.toString())
            .inheritIO()
            .start()
            .waitFor();
    if (status != 0) {
      throw new IllegalStateException("gcc could not make the driver of " + here);
    }
    return library;
  }

  @Benchmark
  public void launch() {
    next ^= 1;
    launch.set(0, arrays[next]).set(1, out).set(2, 15 - next).launch(1, 1, 1);
  }
}
