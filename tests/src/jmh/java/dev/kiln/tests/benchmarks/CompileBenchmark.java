package dev.kiln.tests.benchmarks;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.NdArray;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * From a kernel's text to the end of its first launch, over one small program, in a process that
 * has compiled others before. Each text has a name that none before had.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 4)
@Measurement(iterations = 3, time = 3)
public class CompileBenchmark {
  private final Device device = Devices.cpu();
  private String softmax;
  private String product;
  private NdArray a;
  private NdArray b;
  private NdArray c;
  private int number;

  @Setup
  public void setUp() {
    softmax = resource("softmax.py");
    product = resource("product.py");
    a = Inputs.normal(device, 1, 32, 32);
    b = Inputs.normal(device, 2, 32, 32);
    c = NdArray.zeros(device, DType.FP32, 32, 32);
  }

  @Benchmark
  public void softmax() {
    String name = "softmax_" + number++;
    KernelModule.of(name + ".py", softmax.replace("softmax", name))
        .kernel(name)
        .on(device)
        .grid(Grid.of(1))
        .launch(a, c, 30, 32, 32);
  }

  @Benchmark
  public void product() {
    String name = "product_" + number++;
    KernelModule.of(name + ".py", product.replace("product", name))
        .kernel(name)
        .on(device)
        .grid(Grid.of(1))
        .launch(a, b, c, 32, 32, 32, 32, 1, 32, 1, 32, 1, 32, 32, 32, 8);
  }

  private static String resource(String name) {
    try (var in = CompileBenchmark.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
