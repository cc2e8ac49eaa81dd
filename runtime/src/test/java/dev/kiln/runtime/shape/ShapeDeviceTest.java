package dev.kiln.runtime.shape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.DeviceMemoryException;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import org.junit.jupiter.api.Test;

class ShapeDeviceTest {
  private final Device device = Devices.shapes();

  @Test
  void memoryIsCountedAndNotTaken() {
    long terabyte = 1L << 40;
    try (NdArray large = NdArray.empty(device, DType.I8, terabyte)) {
      assertThat(large.size()).isEqualTo(terabyte);
      assertThat(device.memoryUse()).isEqualTo(new Device.MemoryUse(terabyte, terabyte));
    }
    assertThat(device.memoryUse()).isEqualTo(new Device.MemoryUse(0, terabyte));
  }

  @Test
  void arraysDoNotOverlap() {
    NdArray first = NdArray.empty(device, DType.FP32, 3);
    NdArray second = NdArray.empty(device, DType.FP32, 3);
    assertThat(second.address()).isGreaterThanOrEqualTo(first.address() + 12);
    assertThat(second.address() % 64).isZero();
  }

  @Test
  void numbersCannotBeRead() {
    NdArray array = NdArray.of(device, new float[] {1, 2});
    assertThatThrownBy(array::toFloats)
        .isInstanceOf(KilnException.class)
        .hasMessage("the device 'shapes' keeps no numbers: nothing can be read from it");
    array.close();
    assertThatThrownBy(() -> array.set(new float[] {1, 2}))
        .isInstanceOf(DeviceMemoryException.class)
        .hasMessage("the buffer is closed");
  }

  @Test
  void kernelsAreNotCompiledOrRun() {
    // Its body would not compile.
    var module =
        KernelModule.of(
            "k.py",
            """
            import triton
            import triton.language as tl

            @triton.jit
            def k(x):
                tl.store(x, nothing)
            """);
    module.kernel("k").on(device).arg("x", NdArray.empty(device, DType.FP32, 1)).launch(1, 1, 1);
  }
}
