package dev.kiln.tests.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.DeviceMemoryException;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.cuda.CudaDevice;
import dev.kiln.runtime.cuda.PinnedMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class CudaForeignMemoryTest extends CudaFixture {
  @Test
  void memoryOfOthersIsUsedWithoutACopy() {
    try (NdArray owner = NdArray.zeros(device, DType.FP32, 64)) {
      Buffer foreign = device.wrap(owner.address() + 16, 64);
      NdArray x = NdArray.over(foreign, DType.FP32, 0, 16);
      add().args(x, x, 16, 2).launch(1, 1, 1);
      foreign.close();
      assertThat(owner.toFloats()).startsWith(0, 0, 0, 0, 2, 2).endsWith(0);
      assertThat(owner.toFloats()[20]).isZero();
    }
  }

  @Test
  void addressesAreChecked() {
    try (Buffer owner = device.allocate(100);
        CudaDevice second = second();
        Buffer other = second.allocate(10)) {
      assertThatThrownBy(() -> device.wrap(1234, 1))
          .isInstanceOf(KilnException.class)
          .hasMessage(
              "0x4d2 is no address of CUDA: it was not allocated through the driver, or was freed");
      assertThatThrownBy(() -> device.wrap(owner.address(), 1 << 20))
          .isInstanceOf(DeviceMemoryException.class)
          .hasMessageContaining("reach beyond the allocation there");
      assertThatThrownBy(() -> device.wrap(other.address(), 10))
          .hasMessageContaining("is memory of GPU 1, not of 'cuda'");
      assertThatThrownBy(() -> device.wrap(owner.address(), -1))
          .isInstanceOf(DeviceMemoryException.class);
    }
  }

  @Test
  void kernelsReachHostMemory() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1, 2, 3, 4);
      try (NdArray x = NdArray.wrap(device, DType.FP32, host, 4)) {
        add().args(x, x, 4, 10).launch(1, 1, 1);
        assertThat(x.buffer().segment().toArray(ValueLayout.JAVA_FLOAT))
            .containsExactly(11, 12, 13, 14);
        x.buffer().copyFrom(MemorySegment.ofArray(new float[] {7}), 4);
        add().args(x, x, 4, 1).launch(1, 1, 1);
        assertThat(x.toFloats()).containsExactly(12, 8, 14, 15);
      }
      assertThat(host.get(ValueLayout.JAVA_FLOAT, 4)).isEqualTo(8);
    }
  }

  @Test
  void memoryThatTheDriverKnowsIsLentAgain() {
    try (PinnedMemory pinned = device.pinned(16);
        Buffer lent = device.wrap(pinned.segment())) {
      lent.fill((byte) 1);
      device.synchronize();
      assertThat(pinned.segment().get(ValueLayout.JAVA_BYTE, 15)).isEqualTo((byte) 1);
    }
    try (PinnedMemory pinned = device.pinned(16)) {
      assertThat(pinned.size()).isEqualTo(16);
    }
  }

  @Test
  void hostMemoryThatIsLeftIsGivenBackWithTheDevice() {
    Buffer lent = device.wrap(Arena.global().allocate(64));
    device.close();
    assertThat(lent.isClosed()).isTrue();
  }
}
