package dev.kiln.references.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.ops.profile.CaseInputs;
import dev.kiln.ops.profile.OperationCase;
import dev.kiln.ops.profile.ProfiledOperation;
import dev.kiln.ops.profile.ProfiledOperations;
import dev.kiln.ops.profile.ReferenceLibrary;
import dev.kiln.ops.profile.ReferenceRun;
import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.cuda.CudaBuffer;
import dev.kiln.runtime.cuda.CudaDevice;
import dev.kiln.tests.cuda.CudaTest;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.javacpp.FloatPointer;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The module {@code references} on a CUDA device, which here is a simulated one; nvcc takes the
 * place of NVRTC. On a GPU, NVIDIA's libraries are compared with the definitions as well.
 */
@CudaTest
class CudaReferencesTest {
  @TempDir Path folder;

  /** What NVRTC does, by nvcc. */
  private String nvcc(String file, String source, List<String> options) {
    try {
      Path program = Files.writeString(folder.resolve(file), source);
      Path ptx = folder.resolve("out.ptx");
      List<String> command =
          List.of(
              "nvcc",
              "-ptx",
              options.getFirst().replace("--gpu-architecture", "-arch"),
              program.toString(),
              "-o",
              ptx.toString());
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String log = new String(process.getInputStream().readAllBytes());
      assertThat(process.waitFor()).as(log).isZero();
      return Files.readString(ptx);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean hasNvcc() {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator))
        .anyMatch(entry -> Files.isExecutable(Path.of(entry, "nvcc")));
  }

  /** Runs what a library has of the small cases, and compares it; the names of the operations. */
  private static List<String> check(ReferenceLibrary library, CudaDevice device) {
    List<String> names = new ArrayList<>();
    for (ProfiledOperation operation : ProfiledOperations.all()) {
      var ofCase = new OperationCase(operation, operation.small(), DType.FP32);
      CaseInputs inputs = operation.inputs(ofCase, 5);
      Optional<ReferenceRun> prepared = library.prepare(inputs, device);
      if (prepared.isPresent()) {
        names.add(operation.name());
        try (ReferenceRun run = prepared.get()) {
          run.run();
          run.synchronize();
          compare(ofCase, run, operation.define(Rounding.EXACT, inputs));
        }
      }
    }
    return names;
  }

  private static void compare(OperationCase ofCase, ReferenceRun run, Map<String, double[]> meant) {
    run.outputs()
        .forEach(
            (name, values) -> {
              double[] expected = meant.get(name);
              for (int i = 0; i < values.length; i++) {
                assertThat(values[i])
                    .as("%s: element %d of %s", ofCase, i, name)
                    .isCloseTo(expected[i], within(2e-5 * (1 + Math.abs(expected[i]))));
              }
            });
  }

  @Test
  void plainCudaComputesWhatOperationsMean(CudaDevice device) {
    Assumptions.assumeTrue(hasNvcc(), "nvcc is not on the PATH");
    assertThat(check(new NvrtcLibrary(this::nvcc), device))
        .containsExactlyInAnyOrder(
            "softmax",
            "relu",
            "gelu",
            "gelu-tanh",
            "silu",
            "mish",
            "sigmoid",
            "tanh",
            "softplus",
            "swiglu",
            "geglu");
  }

  @Test
  void librariesOfNvidiaComputeWhatOperationsMean(CudaDevice device) {
    Assumptions.assumeTrue(
        "real".equals(System.getProperty("kiln.test.cuda")), "needs a GPU: -Dkiln.test.cuda=real");
    for (ReferenceLibrary library :
        List.of(new CublasLibrary(), new CudnnLibrary(), new NvrtcLibrary())) {
      if (library.unavailable().isEmpty()) {
        assertThat(check(library, device)).as(library.name()).isNotEmpty();
        assertThat(library.version()).matches("\\d+\\.\\d+.*");
      }
    }
  }

  @Test
  void callsAreTimedByEvents(CudaDevice device) {
    Assumptions.assumeTrue(hasNvcc(), "nvcc is not on the PATH");
    ProfiledOperation relu = ProfiledOperations.named(List.of("relu")).getFirst();
    CaseInputs inputs = relu.inputs(new OperationCase(relu, relu.small(), DType.FP32), 1);
    try (ReferenceRun run = new NvrtcLibrary(this::nvcc).prepare(inputs, device).orElseThrow();
        var timer = run.timer()) {
      timer.begin();
      run.run();
      timer.end();
      assertThat(timer.read()).hasSize(1);
    }
  }

  @Test
  void aPointerToAGpusMemoryIsABuffer(CudaDevice device) {
    try (NdArray array = NdArray.of(device, new float[] {1, 2, 3, 4}, 4);
        CudaBuffer middle =
            JavaCppMemory.device(
                device,
                new FloatPointer(JavaCppMemory.pointer(array.buffer())).position(1).limit(3))) {
      assertThat(middle.size()).isEqualTo(8);
      assertThat(NdArray.over(middle, DType.FP32, 0, 2).toFloats()).containsExactly(2, 3);
    }
  }

  @Test
  void hostMemoryIsSeenByTheGpu(CudaDevice device) {
    try (var host = new FloatPointer(5, 6, 7);
        Buffer seen = JavaCppMemory.host(device, host)) {
      assertThat(NdArray.over(seen, DType.FP32, 0, 3).toFloats()).containsExactly(5, 6, 7);
    }
  }

  @Test
  void hostMemoryIsNoMemoryOfTheGpu(CudaDevice device) {
    try (var host = new FloatPointer(1f, 2f)) {
      assertThatThrownBy(() -> JavaCppMemory.device(device, host))
          .isInstanceOf(KilnException.class)
          .hasMessageContaining("is no address of CUDA");
    }
  }

  @Test
  void sumsTakeOneArrayOfEachDevice(CudaDevice device) {
    assertThatThrownBy(() -> Nccl.of(List.of(device, device)))
        .isInstanceOf(KilnException.class)
        .hasMessageContaining("each once");
  }
}
