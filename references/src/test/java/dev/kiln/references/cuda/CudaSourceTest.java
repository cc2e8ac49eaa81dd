package dev.kiln.references.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.ops.profile.CaseInputs;
import dev.kiln.ops.profile.OperationCase;
import dev.kiln.ops.profile.ProfiledOperation;
import dev.kiln.ops.profile.ProfiledOperations;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.PtxModule;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimLaunch;
import dev.kiln.runtime.sim.SimModule;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The CUDA C++ that NVRTC compiles for a GPU computes what the operations mean: here nvcc compiles
 * it, which has the same front end, and the simulator runs it.
 */
class CudaSourceTest {
  private static final int THREADS = 256;

  @TempDir static Path folder;

  private static SimDevice device;
  private static SimModule module;

  @BeforeAll
  static void compile() throws Exception {
    Optional<Path> nvcc =
        Stream.of(System.getenv("PATH").split(File.pathSeparator))
            .map(entry -> Path.of(entry, "nvcc"))
            .filter(Files::isExecutable)
            .findFirst();
    Assumptions.assumeTrue(nvcc.isPresent(), "nvcc is not on the PATH");
    Path source = Files.writeString(folder.resolve("kernels.cu"), NvrtcLibrary.source());
    Path ptx = folder.resolve("kernels.ptx");
    Process process =
        new ProcessBuilder(
                nvcc.get().toString(),
                "-ptx",
                "-arch=compute_80",
                source.toString(),
                "-o",
                ptx.toString())
            .redirectErrorStream(true)
            .start();
    String log = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor()).as(log).isZero();
    device = new SimDevice();
    module = device.load(PtxModule.load(ptx));
  }

  @AfterAll
  static void close() {
    if (device != null) {
      device.close();
    }
  }

  private static CaseInputs inputs(String operation) {
    ProfiledOperation profiled = ProfiledOperations.named(List.of(operation)).getFirst();
    return profiled.inputs(new OperationCase(profiled, profiled.small(), DType.FP32), 3);
  }

  private static NdArray array(CaseInputs inputs, String name) {
    return NdArray.of(device, DType.FP32, inputs.values(name), inputs.get(name).shape());
  }

  private static void check(CaseInputs inputs, NdArray result) {
    double[] expected = inputs.ofCase().operation().define(Rounding.EXACT, inputs).get("y");
    double[] actual = result.toDoubles();
    for (int i = 0; i < expected.length; i++) {
      assertThat(actual[i])
          .as("element %d", i)
          .isCloseTo(
              expected[i],
              org.assertj.core.data.Offset.offset(1e-6 + 1e-5 * Math.abs(expected[i])));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "relu, relu, x",
    "gelu, gelu, x",
    "gelu-tanh, gelu_tanh, x",
    "silu, silu, x",
    "mish, mish, x",
    "sigmoid, sigmoid, x",
    "tanh, tanh_, x",
    "softplus, softplus, x",
    "swiglu, swiglu, gate value",
    "geglu, geglu, gate value"
  })
  void elementwiseFunctionsComputeTheirOperations(String operation, String function, String reads) {
    CaseInputs inputs = inputs(operation);
    List<NdArray> in = Stream.of(reads.split(" ")).map(name -> array(inputs, name)).toList();
    NdArray y = NdArray.zeros(device, DType.FP32, in.getFirst().shape());
    int blocks = (int) ((y.size() + THREADS - 1) / THREADS);
    Object[] arguments = Stream.of(in.stream(), Stream.of(y, y.size())).flatMap(s -> s).toArray();
    module.kernel(function).launch(SimLaunch.of(blocks, THREADS), arguments);
    check(inputs, y);
  }

  @ParameterizedTest
  @CsvSource("softmax")
  void softmaxComputesItsOperation(String operation) {
    CaseInputs inputs = inputs(operation);
    NdArray x = array(inputs, "x");
    NdArray y = NdArray.zeros(device, DType.FP32, x.shape());
    module
        .kernel("softmax")
        .launch(SimLaunch.of(inputs.size("rows"), THREADS), x, y, inputs.size("columns"));
    check(inputs, y);
  }
}
