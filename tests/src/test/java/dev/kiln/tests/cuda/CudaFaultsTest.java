package dev.kiln.tests.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.DeviceMemoryException;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.Launch;
import dev.kiln.runtime.LaunchException;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.ResourceException;
import dev.kiln.runtime.cuda.CudaDevice;
import dev.kiln.runtime.cuda.CudaDriver;
import dev.kiln.runtime.cuda.CudaException;
import dev.kiln.runtime.cuda.CudaLaunch;
import dev.kiln.runtime.cuda.CudaModule;
import dev.kiln.runtime.cuda.CudaOptions;
import dev.kiln.tests.cuda.driver.DriverSettings;
import dev.kiln.tests.cuda.driver.NativeDriver;
import dev.kiln.tests.cuda.driver.SimulatedDriver;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** What is told of each kind of fault, and what still works after it. */
class CudaFaultsTest extends CudaFixture {
  private static final int INVALID_VALUE = 1;
  private static final int ILLEGAL_ADDRESS = 700;
  private static final int LAUNCH_OUT_OF_RESOURCES = 701;
  private static final int LAUNCH_FAILED = 719;

  /** An address of nobody's. */
  private static final long FAR = 1L << 40;

  private Launch scatter(NdArray y, long index) {
    return kernel("scatter").args(y, index, 1.5);
  }

  @Test
  void aFaultIsToldByALaterCallWithTheLaunchesThatMayHaveMadeIt() {
    mayFail();
    NdArray y = NdArray.zeros(device, DType.FP32, 64);
    add().args(y, y, 64, 1).launch(1, 1, 1);
    y.toFloats();
    scatter(y, FAR).launch(2, 1, 1);
    add().args(y, y, 64, 2.5).launch(1, 1, 1);
    CudaException fault = catchThrowableOfType(CudaException.class, device::synchronize);
    assertThat(fault.statusName()).isEqualTo("CUDA_ERROR_ILLEGAL_ADDRESS");
    assertThat(fault.number()).isEqualTo(ILLEGAL_ADDRESS);
    assertThat(fault.call()).isEqualTo("cuStreamSynchronize");
    assertThat(fault)
        .hasMessageContaining("--device sim --sanitize")
        .hasMessageContaining("KILN_CUDA_BLOCKING=1")
        .hasMessageContaining(
            "'scatter' (kernels.py:11:1), grid (2, 1, 1), 128 threads, arguments y_ptr=0x%x,"
                .formatted(y.address()))
        .hasMessageContaining("index=" + FAR + ", value=1.5")
        .hasMessageContaining("'add' (kernels.py:5:1), grid (1, 1, 1)")
        .hasMessageContaining("n=64, value=2.5")
        .hasMessageNotContaining("value=1.0");
  }

  @Test
  void blockingLaunchesTellTheirOwnFault() {
    mayFail();
    restart(DriverSettings.standard(), new CudaOptions(true));
    NdArray y = NdArray.zeros(device, DType.FP32, 64);
    add().args(y, y, 64, 1).launch(1, 1, 1);
    Launch faulty = scatter(y, FAR);
    assertThatThrownBy(() -> faulty.launch(1, 1, 1))
        .isInstanceOf(CudaException.class)
        .hasMessageContaining("The launch: 'scatter' (kernels.py:11:1)")
        .hasMessageNotContaining("'add'");
  }

  @Test
  void aLostDeviceFailsAtOnceAndIsClosedWithoutAsking() {
    mayFail();
    NdArray y = NdArray.zeros(device, DType.FP32, 64);
    scatter(y, FAR).launch(1, 1, 1);
    assertThatThrownBy(y::toFloats).hasMessageContaining("CUDA_ERROR_ILLEGAL_ADDRESS");
    assertThat(device.isLost()).isTrue();
    driver().injection().reset();
    assertThatThrownBy(() -> device.allocate(1))
        .isInstanceOf(CudaException.class)
        .hasMessageContaining("'cuda' is lost since an earlier fault")
        .hasMessageContaining("'scatter'");
    assertThatThrownBy(device::synchronize).hasMessageContaining("lost since an earlier fault");
    assertThatThrownBy(() -> y.buffer().fill((byte) 0)).hasMessageContaining("lost since");
    assertThatThrownBy(() -> add().args(y, y, 64, 1).launch(1, 1, 1)).hasMessageContaining("lost");
    assertThatCode(y::close).doesNotThrowAnyException();
    assertThat(driver().injection().calls()).as("calls of the driver").isEmpty();
    assertThatCode(device::close).doesNotThrowAnyException();
    device = CudaDriver.load().open(0, new CudaOptions(false));
    try (NdArray x = NdArray.zeros(device, DType.FP32, 4)) {
      assertThat(x.toFloats()).containsOnly(0);
    }
  }

  @Test
  void aLossBetweenCallsIsToldAndClosingDoesNotThrow() {
    mayFail();
    NdArray y = NdArray.zeros(device, DType.FP32, 64);
    driver().lose(0, LAUNCH_FAILED);
    assertThatCode(y::close).doesNotThrowAnyException();
    assertThatThrownBy(device::synchronize).hasMessageContaining("CUDA_ERROR_LAUNCH_FAILED (719)");
  }

  @Test
  void aLaunchThatIsRefusedTellsKernelGridArgumentsAndLine() {
    try (NdArray y = NdArray.zeros(device, DType.FP32, 64)) {
      Launch add = add().args(y, y, 64, 0.25).load();
      driver().injection().reset();
      driver().injection().failAt("cuLaunchKernel", 1, LAUNCH_OUT_OF_RESOURCES);
      assertThatThrownBy(() -> add.launch(3, 1, 1))
          .isInstanceOf(ResourceException.class)
          .hasCauseInstanceOf(CudaException.class)
          .hasMessageStartingWith(
              "kernel 'add': cuLaunchKernel: CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES (701)")
          .hasMessageContaining("'add' (kernels.py:5:1), grid (3, 1, 1), 128 threads, arguments")
          .hasMessageContaining("n=64, value=0.25");
      add.launch(1, 1, 1);
      assertThat(y.toFloats()).containsOnly(0.25f);
    }
  }

  @Test
  void aCallThatFailsLeavesTheDeviceUsable() {
    try (NdArray y = NdArray.zeros(device, DType.FP32, 4)) {
      driver().injection().reset();
      driver().injection().failAt("cuMemcpyHtoDAsync_v2", 1, INVALID_VALUE);
      assertThatThrownBy(() -> y.set(new float[] {1, 2, 3, 4}))
          .isInstanceOf(CudaException.class)
          .hasMessageContaining(
              "cuMemcpyHtoDAsync: CUDA_ERROR_INVALID_VALUE (1), invalid argument");
      y.set(new float[] {1, 2, 3, 4});
      assertThat(y.toFloats()).containsExactly(1, 2, 3, 4);
    }
  }

  @Test
  void whoHoldsTheMemoryIsToldWhenThereIsNotEnough() {
    restart(DriverSettings.standard().withMemory(64 << 20));
    try (Buffer held = device.allocate(20 << 20);
        Buffer small = device.allocate(1 << 20)) {
      assertThatThrownBy(() -> device.allocate(60 << 20))
          .isInstanceOf(DeviceMemoryException.class)
          .hasCauseInstanceOf(CudaException.class)
          .hasMessageContaining("CUDA_ERROR_OUT_OF_MEMORY (2)")
          .hasMessageContaining("for a buffer of 60.0 MiB")
          .hasMessageContaining("buffers 21.0 MiB in 2 (largest: 20.0 MiB, 1.0 MiB)")
          .hasMessageContaining("of 64.0 MiB are free");
      assertThat(small.isClosed() || held.isClosed()).isFalse();
    }
  }

  @Test
  void memoryThatIsFreedInTheStreamServesTheNextBuffer() {
    restart(DriverSettings.standard().withMemory(64 << 20));
    for (int i = 0; i < 5; i++) {
      try (Buffer most = device.allocate(50 << 20)) {
        most.fill((byte) i);
      }
    }
  }

  @Test
  void ptxThatIsNewerThanTheDriverTellsBothVersions() {
    restart(DriverSettings.standard().withVersion(11_040));
    assertThatThrownBy(() -> device.loadModule("new.ptx", empty("8.3", "sm_80")))
        .isInstanceOf(CudaException.class)
        .hasMessageContaining("CUDA_ERROR_UNSUPPORTED_PTX_VERSION")
        .hasMessageContaining("update the driver")
        .hasMessageContaining("whose driver is of CUDA 11.4: the code is PTX 8.3");
  }

  @Test
  void codeForAnotherArchitectureIsRefused() {
    driver();
    assertThatThrownBy(() -> device.loadModule("hopper.ptx", empty("8.0", "sm_90a")))
        .isInstanceOf(CudaException.class)
        .hasMessageContaining("Loading 'hopper.ptx' on 'cuda'")
        .hasMessageContaining("the code is for sm_90a");
  }

  @Test
  void theLogOfTheDriversCompilerIsTold() {
    String text = empty("7.0", "sm_80").replace("ret;", "retire;");
    assertThatThrownBy(() -> device.loadModule("bad.ptx", text))
        .isInstanceOf(CudaException.class)
        .hasMessageContaining("CUDA_ERROR_INVALID_PTX")
        .hasMessageContaining("'bad.ptx'")
        .hasMessageContaining("retire");
  }

  private static String empty(String version, String target) {
    return """
    .version %s
    .target %s
    .address_size 64
    .visible .entry nothing()
    {
      ret;
    }
    """
        .formatted(version, target);
  }

  @Test
  void aMachineWithoutAGpuIsToldSo() {
    driver();
    device.close();
    NativeDriver.install(new SimulatedDriver(DriverSettings.standard().withGpus()));
    assertThatThrownBy(() -> CudaDriver.load().open(0, new CudaOptions(false)))
        .isInstanceOf(KilnException.class)
        .message()
        .containsAnyOf("shows no GPU to this process", "CUDA_ERROR_NO_DEVICE");
  }

  @Test
  void whatBelongsToAnotherDeviceIsRefused() {
    try (CudaDevice second = second();
        NdArray y = NdArray.zeros(second, DType.FP32, 4)) {
      assertThatThrownBy(() -> add().args(y, y, 4, 1))
          .isInstanceOf(LaunchException.class)
          .hasMessageContaining("lies on device 'cuda:1', the launch is on 'cuda'");
      assertThatThrownBy(() -> device.use(second.ownStream()))
          .hasMessage("the stream is one of device 'cuda:1', not of 'cuda'");
    }
  }

  @Test
  void moreSharedMemoryThanThereIsCanBeTriedOtherwise() {
    restart(DriverSettings.standard().withGpus(Target.SM_89));
    try (CudaModule module = device.loadModule("empty.ptx", empty("7.8", "sm_80"))) {
      CudaLaunch launch = CudaLaunch.of(1, 32).withShared(200 << 10);
      assertThatThrownBy(() -> module.function("nothing").launch(launch))
          .isInstanceOf(ResourceException.class)
          .hasMessageContaining("needs 204,800 bytes of shared memory");
    }
  }

  @Test
  void heapMemoryCannotBeLent() {
    assertThatThrownBy(() -> device.wrap(MemorySegment.ofArray(new byte[4])))
        .hasMessageContaining("on the Java heap cannot be used without a copy");
  }
}
