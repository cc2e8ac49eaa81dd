package dev.kiln.tests.benchmarks;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.elementwise.Activations;
import dev.kiln.kernels.optimizer.AdamW;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.Launch;
import dev.kiln.runtime.NdArray;
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

/** Large kernels without products, on all processors. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 1)
public class ElementwiseBenchmark {
  static final int ROWS = 1024;
  static final int COLUMNS = 4096;
  static final int GELU = 4 << 20;
  static final int PARAMETERS = 16 << 20;

  /** Rows of a matrix. */
  @State(Scope.Thread)
  public static class Softmax {
    private NdArray x;
    private NdArray y;
    private Launch launch;

    @Setup
    public void setUp() {
      Device device = Devices.cpu();
      x = Inputs.normal(device, 1, ROWS, COLUMNS);
      y = NdArray.zeros(device, DType.FP32, ROWS, COLUMNS);
      launch =
          KernelModule.resource(ElementwiseBenchmark.class, "softmax.py")
              .kernel("softmax")
              .on(device)
              .args(x, y, COLUMNS, COLUMNS, COLUMNS);
    }
  }

  /** An activation. */
  @State(Scope.Thread)
  public static class Gelu {
    private final Activations activations = new Activations(Devices.cpu());
    private NdArray x;
    private NdArray y;

    @Setup
    public void setUp() {
      x = Inputs.normal(Devices.cpu(), 1, GELU);
      y = NdArray.zeros(Devices.cpu(), DType.FP32, GELU);
    }
  }

  /** An optimizer. */
  @State(Scope.Thread)
  public static class Optimizer {
    private final AdamW adamW = new AdamW(Devices.cpu());
    private AdamW.Parameter parameter;
    private long step;

    @Setup
    public void setUp() {
      Device device = Devices.cpu();
      parameter =
          new AdamW.Parameter(
              Inputs.normal(device, 1, PARAMETERS),
              null,
              Inputs.normal(device, 2, PARAMETERS),
              NdArray.zeros(device, DType.FP32, PARAMETERS),
              NdArray.zeros(device, DType.FP32, PARAMETERS));
    }
  }

  @Benchmark
  public void softmax(Softmax softmax) {
    softmax.launch.launch(ROWS, 1, 1);
  }

  @Benchmark
  public void geluTanh(Gelu gelu) {
    gelu.activations.forward(Activation.GELU_TANH, gelu.x, gelu.y);
  }

  @Benchmark
  public void adamW(Optimizer optimizer) {
    optimizer.adamW.step(optimizer.parameter, AdamW.Options.DEFAULT, 1e-3, ++optimizer.step);
  }
}
