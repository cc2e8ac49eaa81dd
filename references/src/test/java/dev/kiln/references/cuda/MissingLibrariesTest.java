package dev.kiln.references.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.ops.profile.ReferenceLibrary;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.KilnException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** What is said where a library of NVIDIA's is missing. */
class MissingLibrariesTest {
  private static void assumeMissing(Optional<String> problem) {
    Assumptions.assumeTrue(problem.isPresent(), "this machine has the library");
  }

  private static final String MISSING =
      "(libcuda.so.1 is missing\\): install NVIDIA's driver for the GPU"
          + "|lib\\w+.so.\\d+ is missing\\): %s)";

  private static void checkMessage(String library, String advice, Optional<String> problem) {
    assumeMissing(problem);
    assertThat(problem.get())
        .matches(library + " cannot be loaded \\(" + MISSING.formatted(advice));
  }

  @Test
  void eachLibraryIsNamedWithWhatIsMissingAndWhatToDo() {
    String toolkit = "install it with the CUDA toolkit 13, and name its folder in LD_LIBRARY_PATH";
    checkMessage("cuBLAS", toolkit, new CublasLibrary().unavailable());
    checkMessage("NVRTC", toolkit, new NvrtcLibrary().unavailable());
    checkMessage("cuDNN", "install cuDNN 9 .*", new CudnnLibrary().unavailable());
    checkMessage("NCCL", "install NCCL 2 .*", Nccl.unavailable());
    checkMessage("NVML", "it comes with NVIDIA's driver", Nvml.unavailable());
  }

  @Test
  void servicesRefuseWithTheSameText() {
    assumeMissing(Nvml.unavailable());
    assertThatThrownBy(Nvml::open)
        .isInstanceOf(KilnException.class)
        .hasMessage(Nvml.unavailable().get());
    assertThatThrownBy(() -> Nccl.of(List.of()))
        .isInstanceOf(KilnException.class)
        .hasMessageContaining("at least one device");
  }

  @Test
  void theyAreForCudaDevicesAlone() {
    Device cpu = Devices.byName("cpu");
    for (ReferenceLibrary library :
        List.of(new CublasLibrary(), new CudnnLibrary(), new NvrtcLibrary())) {
      assertThat(library.isFor(cpu)).as(library.name()).isFalse();
    }
  }

  @Test
  void throttlingIsReadFromBits() {
    assertThat(Nvml.Throttling.of(0)).isEmpty();
    assertThat(Nvml.Throttling.of(4 | 64 | 1 << 20))
        .isEqualTo(Set.of(Nvml.Throttling.POWER_CAP, Nvml.Throttling.TOO_HOT));
  }
}
