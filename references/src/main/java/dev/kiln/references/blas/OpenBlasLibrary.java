package dev.kiln.references.blas;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.profile.CaseInputs;
import dev.kiln.ops.profile.HostTensor;
import dev.kiln.ops.profile.ReferenceLibrary;
import dev.kiln.ops.profile.ReferenceRun;
import dev.kiln.references.Held;
import dev.kiln.references.NativePreset;
import dev.kiln.runtime.Device;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.openblas.global.openblas;

/** OpenBLAS on the CPU: {@code matmul} in fp32, by as many threads as OpenBLAS takes. */
public final class OpenBlasLibrary implements ReferenceLibrary {
  private static final NativePreset PRESET =
      new NativePreset(
          "OpenBLAS",
          openblas.class,
          "build the module references for this platform (-Djavacpp.platform=...)");

  @Override
  public String name() {
    return "openblas";
  }

  @Override
  public boolean isFor(Device device) {
    return device.name().equals("cpu");
  }

  @Override
  public Optional<String> unavailable() {
    return PRESET.problem();
  }

  @Override
  public String version() {
    return "%s, %d threads".formatted(openblas.OPENBLAS_VERSION.strip(), BlasThreads.usual());
  }

  @Override
  public Optional<ReferenceRun> prepare(CaseInputs inputs, Device device) {
    boolean has =
        inputs.ofCase().operation().name().equals("matmul")
            && inputs.ofCase().dtype() == DType.FP32;
    return has ? Optional.of(new Product(inputs)) : Optional.empty();
  }

  /** C = A B, row-major. */
  private static final class Product implements ReferenceRun {
    private final int threads = BlasThreads.usual();
    private final int m;
    private final int n;
    private final int k;
    private final Held held = new Held();
    private final FloatPointer a;
    private final FloatPointer b;
    private final FloatPointer c;

    Product(CaseInputs inputs) {
      HostTensor left = inputs.get("a");
      HostTensor right = inputs.get("b");
      m = Math.toIntExact(left.shape()[0]);
      k = Math.toIntExact(left.shape()[1]);
      n = Math.toIntExact(right.shape()[1]);
      a = held.keep(new FloatPointer(left.floats()));
      b = held.keep(new FloatPointer(right.floats()));
      c = held.keep(new FloatPointer((long) m * n));
    }

    @Override
    public void run() {
      BlasThreads.require(threads);
      openblas.cblas_sgemm(
          openblas.CblasRowMajor,
          openblas.CblasNoTrans,
          openblas.CblasNoTrans,
          m,
          n,
          k,
          1,
          a,
          k,
          b,
          n,
          0,
          c,
          n);
    }

    @Override
    public void synchronize() {}

    @Override
    public Map<String, double[]> outputs() {
      float[] values = new float[m * n];
      c.get(values);
      double[] wide = new double[values.length];
      for (int i = 0; i < wide.length; i++) {
        wide[i] = values[i];
      }
      return Map.of("c", wide);
    }

    @Override
    public void close() {
      held.close();
    }
  }
}
