package dev.kiln.runtime.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.DeviceMemoryException;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.sim.memory.AddressSpace;
import dev.kiln.runtime.sim.memory.Region;
import dev.kiln.runtime.sim.memory.SimMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SimBufferTest {
  private final AtomicInteger waits = new AtomicInteger();
  private final Device device =
      (Device)
          Proxy.newProxyInstance(
              Device.class.getClassLoader(),
              new Class<?>[] {Device.class},
              (proxy, method, arguments) -> {
                waits.addAndGet(method.getName().equals("synchronize") ? 1 : 0);
                return null;
              });
  private final AddressSpace space = new AddressSpace(1 << 20, 0, true);
  private final SimMemory memory = new SimMemory(device, space);

  @AfterEach
  void close() {
    memory.close();
  }

  private Region region(Buffer buffer) {
    return space.global().find(buffer.address());
  }

  @Test
  void whatTheHostWritesCountsAsWritten() {
    Buffer buffer = memory.allocate(64);
    assertThat(region(buffer).allWritten(0, 1)).isFalse();
    buffer.copyFrom(MemorySegment.ofArray(new byte[] {1, 2, 3}), 5);
    assertThat(region(buffer).allWritten(5, 3)).isTrue();
    assertThat(region(buffer).allWritten(4, 1)).isFalse();
    assertThat(region(buffer).allWritten(8, 1)).isFalse();
    buffer.slice(16, 16).fill((byte) 1);
    assertThat(region(buffer).allWritten(16, 16)).isTrue();
    assertThat(region(buffer).allWritten(15, 1)).isFalse();
    assertThat(region(buffer).allWritten(32, 1)).isFalse();
    buffer.segment();
    assertThat(region(buffer).allWritten(0, 64)).isTrue();
  }

  @Test
  void readingDoesNotMakeBytesWritten() {
    Buffer buffer = memory.allocate(64);
    buffer.copyTo(MemorySegment.ofArray(new byte[64]), 0);
    assertThat(region(buffer).allWritten(0, 1)).isFalse();
  }

  @Test
  void slicesShareBytesAndDoNotCloseThem() {
    Buffer buffer = memory.allocate(64);
    Buffer slice = buffer.slice(8, 8);
    assertThat(slice.address()).isEqualTo(buffer.address() + 8);
    slice.fill((byte) 9);
    slice.close();
    assertThat(buffer.isClosed()).isFalse();
    assertThat(buffer.segment().get(ValueLayout.JAVA_BYTE, 15)).isEqualTo((byte) 9);
    buffer.close();
    assertThat(slice.isClosed()).isTrue();
    assertThatThrownBy(slice::segment).isInstanceOf(DeviceMemoryException.class);
  }

  @Test
  void accessesOutsideAreRefused() {
    Buffer buffer = memory.allocate(64);
    byte[] bytes = new byte[8];
    for (long offset : new long[] {-1, 57, Long.MAX_VALUE, Long.MIN_VALUE}) {
      assertThatThrownBy(() -> buffer.copyFrom(MemorySegment.ofArray(bytes), offset))
          .isInstanceOf(DeviceMemoryException.class);
      assertThatThrownBy(() -> buffer.copyTo(MemorySegment.ofArray(bytes), offset))
          .isInstanceOf(DeviceMemoryException.class);
    }
    assertThatThrownBy(() -> buffer.slice(60, 5)).isInstanceOf(DeviceMemoryException.class);
    assertThatThrownBy(() -> memory.allocate(-1)).isInstanceOf(DeviceMemoryException.class);
  }

  @Test
  void useIsCountedUntilClosedTwice() {
    Buffer buffer = memory.allocate(1000);
    assertThat(memory.use()).isEqualTo(new Device.MemoryUse(1000, 1000));
    buffer.close();
    buffer.close();
    assertThat(memory.use()).isEqualTo(new Device.MemoryUse(0, 1000));
    assertThat(waits.get()).isEqualTo(1);
  }

  @Test
  void foreignMemoryIsSharedAndNotTheHeap() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(32);
      Buffer buffer = memory.wrap(host);
      buffer.fill((byte) 3);
      assertThat(host.get(ValueLayout.JAVA_BYTE, 31)).isEqualTo((byte) 3);
      buffer.close();
      assertThat(host.get(ValueLayout.JAVA_BYTE, 31)).isEqualTo((byte) 3);
    }
    assertThatThrownBy(() -> memory.wrap(MemorySegment.ofArray(new byte[8])))
        .isInstanceOf(KilnException.class);
  }
}
