package dev.kiln.tests.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.Launch;
import dev.kiln.runtime.cuda.CudaDevice;
import dev.kiln.runtime.cuda.CudaDriver;
import dev.kiln.runtime.cuda.CudaOptions;
import dev.kiln.tests.cuda.driver.DriverSettings;
import dev.kiln.tests.cuda.driver.NativeDriver;
import dev.kiln.tests.cuda.driver.SimulatedDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * Tests of the device {@code cuda} on a driver that stands in for the real one: each test gets a
 * driver of its own, and a device; with {@code -Dkiln.test.cuda=real} the machine's first GPU.
 * Afterwards nothing may be left, and nothing may have failed but what the test wanted.
 */
@ResourceLock("cuda")
@Tag("gpu")
abstract class CudaFixture {
  static final String KERNELS =
      """
      import triton
      import triton.language as tl

      @triton.jit
      def add(x_ptr, y_ptr, n, value, BLOCK: tl.constexpr):
          offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
          x = tl.load(x_ptr + offsets, mask=offsets < n)
          tl.store(y_ptr + offsets, x + value, mask=offsets < n)

      @triton.jit
      def scatter(y_ptr, index, value):
          tl.store(y_ptr + index, value)

      @triton.jit
      def double(x_desc, y_desc, BLOCK: tl.constexpr):
          x = x_desc.load([0, 0])
          y_desc.store([0, 0], x + x)
      """;

  CudaDevice device;
  private SimulatedDriver driver;
  private boolean mayFail;

  @BeforeEach
  void open() {
    if (NativeDriver.isReal()) {
      device = CudaDriver.load().open(0, CudaOptions.fromEnvironment());
    } else {
      restart(DriverSettings.standard());
    }
  }

  /** The stand-in. Tests that ask for it are skipped on a real driver. */
  SimulatedDriver driver() {
    Assumptions.assumeFalse(NativeDriver.isReal(), "about the stand-in");
    return driver;
  }

  /** A device of the second GPU; the test is skipped where there is none. */
  static CudaDevice second() {
    CudaDriver loaded = CudaDriver.load();
    Assumptions.assumeTrue(loaded.deviceCount() > 1, "there is one GPU");
    return loaded.open(1, new CudaOptions(false));
  }

  /** Another driver, and a device of it. */
  void restart(DriverSettings settings) {
    restart(settings, new CudaOptions(false));
  }

  void restart(DriverSettings settings, CudaOptions options) {
    Assumptions.assumeFalse(NativeDriver.isReal(), "about the stand-in");
    if (device != null) {
      device.close();
    }
    driver = new SimulatedDriver(settings);
    NativeDriver.install(driver);
    device = CudaDriver.load().open(0, options);
  }

  /** Work of this test fails on purpose, which a real GPU is spared. */
  void mayFail() {
    Assumptions.assumeFalse(NativeDriver.isReal(), "about the stand-in");
    mayFail = true;
  }

  @AfterEach
  void everythingWasGivenBack() {
    try {
      device.close();
      if (driver == null) {
        return;
      }
      assertThat(driver.broken()).isEmpty();
      if (!mayFail) {
        assertThat(driver.faults()).isEmpty();
        assertThat(driver.holders()).as("contexts that are held").isZero();
        assertThat(driver.takeLeaks()).isEmpty();
      }
    } finally {
      if (driver != null) {
        NativeDriver.install(null);
      }
    }
  }

  /** {@code y = x + value} by 64 elements. */
  Launch add() {
    return kernel("add").arg("BLOCK", 64);
  }

  Launch kernel(String name) {
    return KernelModule.of("kernels.py", KERNELS).kernel(name).on(device);
  }
}
