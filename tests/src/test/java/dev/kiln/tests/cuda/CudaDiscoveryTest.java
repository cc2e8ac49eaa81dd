package dev.kiln.tests.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.Target;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.cuda.CudaDevice;
import dev.kiln.runtime.cuda.CudaDriver;
import dev.kiln.runtime.cuda.CudaOptions;
import dev.kiln.runtime.cuda.CudaProperties;
import dev.kiln.runtime.cuda.driver.CudaHeader;
import dev.kiln.tests.cuda.driver.DriverSettings;
import dev.kiln.tests.cuda.driver.NativeDriver;
import dev.kiln.tests.cuda.driver.SimulatedDriver;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the driver tells of itself and its GPUs. */
@CudaTest(gpus = {Target.SM_80, Target.SM_90A})
class CudaDiscoveryTest {
  @Test
  void tellsTheGpusByTheirNumbers(SimulatedDriver driver) {
    List<CudaProperties> gpus = CudaDriver.load().devices();
    assertThat(gpus).extracting(CudaProperties::capability).containsExactly("8.0", "9.0");
    assertThat(gpus)
        .extracting(CudaProperties::target)
        .containsExactly(Target.SM_80, Target.SM_90A);
    assertThat(gpus.get(1).name()).isEqualTo("Simulated H100 SXM5 80 GB");
    assertThat(gpus.get(1).multiprocessors()).isEqualTo(132);
    assertThat(gpus.get(1).hasClusters()).isTrue();
    assertThat(gpus.get(0).hasClusters()).isFalse();
    assertThat(gpus.get(0).uuid()).isNotEqualTo(gpus.get(1).uuid());
    assertThat(gpus.get(1).pciBusId()).isEqualTo("0000:02:00.0");
  }

  @Test
  void opensGpusByTheirNumbers(SimulatedDriver driver) {
    CudaDriver cuda = CudaDriver.load();
    try (CudaDevice first = cuda.open(0, CudaOptions.fromEnvironment());
        CudaDevice second = cuda.open(1, CudaOptions.fromEnvironment())) {
      assertThat(first.name()).isEqualTo("cuda");
      assertThat(second.name()).isEqualTo("cuda:1");
      assertThat(second.target()).isEqualTo(Target.SM_90A);
      assertThat(driver.holders()).isEqualTo(2);
    }
    assertThat(driver.holders()).isZero();
  }

  @Test
  void tellsWhatIsOnTheMachine(CudaDevice device) {
    CudaProperties gpu = device.properties();
    assertThat(gpu.memoryBytes()).isPositive();
    assertThat(gpu.sharedBytesPerBlock()).isGreaterThanOrEqualTo(48 << 10);
    assertThat(device.model()).contains(gpu.name()).contains(gpu.capability());
  }

  @Test
  void aGpuThatIsNotThereIsRefused(SimulatedDriver driver) {
    CudaDriver cuda = CudaDriver.load();
    assertThatThrownBy(() -> cuda.open(2, CudaOptions.fromEnvironment()))
        .isInstanceOf(KilnException.class)
        .hasMessageContaining("there is no GPU 2: this process sees 2, numbers 0 to 1");
  }

  @Test
  void aDriverWithoutAGpuSaysWhatToDo(SimulatedDriver driver) {
    try (var empty = new SimulatedDriver(DriverSettings.standard().withGpus())) {
      NativeDriver.install(empty);
      assertThatThrownBy(CudaDriver::load)
          .isInstanceOf(KilnException.class)
          .hasMessageContaining("CUDA_ERROR_NO_DEVICE")
          .hasMessageContaining("nvidia-smi");
    }
  }

  @Test
  void aDriverOfTheSystemThatDoesNotMatchSaysWhatToDo(SimulatedDriver driver) {
    driver.injection().failAt("cuInit", 1, CudaHeader.CUDA_ERROR_SYSTEM_DRIVER_MISMATCH());
    assertThatThrownBy(CudaDriver::load)
        .isInstanceOf(KilnException.class)
        .hasMessageContaining("restart the machine");
  }
}
