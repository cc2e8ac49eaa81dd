package dev.kiln.references.cuda;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.profile.CaseInputs;
import dev.kiln.ops.profile.ReferenceLibrary;
import dev.kiln.ops.profile.ReferenceRun;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.cuda.CudaDevice;
import dev.kiln.runtime.cuda.CudaFunction;
import dev.kiln.runtime.cuda.CudaLaunch;
import dev.kiln.runtime.cuda.CudaModule;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Plain CUDA C++ ({@code kernels.cu}), compiled by NVRTC for the device's GPU and launched by
 * Kiln's driver: elementwise operations and softmax in fp32.
 */
public final class NvrtcLibrary implements ReferenceLibrary {
  private static final String FILE = "kernels.cu";

  /** Threads of a block; the softmax's shared memory has a place for each. */
  private static final int THREADS = 256;

  /** The function for each operation that computes one array from another. */
  private static final Map<String, String> OF_ONE =
      Map.of(
          "relu", "relu",
          "gelu", "gelu",
          "gelu-tanh", "gelu_tanh",
          "silu", "silu",
          "mish", "mish",
          "sigmoid", "sigmoid",
          "tanh", "tanh_",
          "softplus", "softplus");

  private static final List<String> GATED = List.of("swiglu", "geglu");

  private final Map<CudaDevice, CudaModule> modules = new HashMap<>();
  private final Compiler compiler;

  /** CUDA C++ to PTX. */
  @FunctionalInterface
  interface Compiler {
    String ptx(String file, String source, List<String> options);
  }

  /** With NVRTC. */
  public NvrtcLibrary() {
    this(NvrtcCompiler::ptx);
  }

  /** With another compiler of the same language. */
  NvrtcLibrary(Compiler compiler) {
    this.compiler = compiler;
  }

  @Override
  public String name() {
    return "nvrtc";
  }

  @Override
  public boolean isFor(Device device) {
    return device instanceof CudaDevice;
  }

  @Override
  public Optional<String> unavailable() {
    return NvrtcCompiler.unavailable();
  }

  @Override
  public String version() {
    return NvrtcCompiler.version();
  }

  /** The program's text. */
  static String source() {
    try (InputStream file = NvrtcLibrary.class.getResourceAsStream(FILE)) {
      if (file == null) {
        throw new KilnException("the module references was packed without " + FILE);
      }
      return new String(file.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private synchronized CudaFunction function(CudaDevice device, String name) {
    modules.keySet().removeIf(CudaDevice::isClosed);
    return modules
        .computeIfAbsent(
            device,
            _ -> {
              String architecture = device.target().label().replace("sm_", "compute_");
              List<String> options = List.of("--gpu-architecture=" + architecture);
              return device.loadModule(FILE, compiler.ptx(FILE, source(), options));
            })
        .function(name);
  }

  @Override
  public Optional<ReferenceRun> prepare(CaseInputs inputs, Device device) {
    String operation = inputs.ofCase().operation().name();
    if (inputs.ofCase().dtype() != DType.FP32) {
      return Optional.empty();
    }
    CudaDevice gpu = (CudaDevice) device;
    if (OF_ONE.containsKey(operation)) {
      CudaFunction function = function(gpu, OF_ONE.get(operation));
      return Optional.of(new Elementwise(gpu, inputs, function, "x"));
    }
    if (GATED.contains(operation)) {
      return Optional.of(new Elementwise(gpu, inputs, function(gpu, operation), "gate", "value"));
    }
    if (operation.equals("softmax")) {
      return Optional.of(new Softmax(gpu, inputs, function(gpu, "softmax")));
    }
    return Optional.empty();
  }

  private static final class Elementwise extends GpuRun {
    private final CudaFunction function;
    private final CudaLaunch launch;
    private final Object[] arguments;

    Elementwise(CudaDevice device, CaseInputs inputs, CudaFunction function, String... reads) {
      super(device, inputs);
      this.function = function;
      NdArray y = array("y");
      long blocks = (y.size() + THREADS - 1) / THREADS;
      launch = CudaLaunch.of(Math.toIntExact(blocks), THREADS);
      arguments = new Object[reads.length + 2];
      for (int i = 0; i < reads.length; i++) {
        arguments[i] = array(reads[i]);
      }
      arguments[reads.length] = y;
      arguments[reads.length + 1] = y.size();
    }

    @Override
    public void run() {
      function.launch(launch, arguments);
    }
  }

  private static final class Softmax extends GpuRun {
    private final CudaFunction function;
    private final CudaLaunch launch = CudaLaunch.of(size("rows"), THREADS);
    private final Object[] arguments = {array("x"), array("y"), size("columns")};

    Softmax(CudaDevice device, CaseInputs inputs, CudaFunction function) {
      super(device, inputs);
      this.function = function;
    }

    @Override
    public void run() {
      function.launch(launch, arguments);
    }
  }
}
