package dev.kiln.tests.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.Launch;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.cuda.CudaDevice;
import dev.kiln.runtime.cuda.CudaEvent;
import dev.kiln.runtime.cuda.CudaStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CudaStreamTest extends CudaFixture {
  @Test
  void workGoesIntoTheStreamThatTheThreadUses() throws InterruptedException {
    try (CudaStream stream = device.newStream(-1)) {
      assertThat(stream.number()).isEqualTo(1);
      assertThat(stream.priority()).isEqualTo(-1);
      try (CudaDevice.StreamUse _ = device.use(stream);
          NdArray x = NdArray.zeros(device, DType.FP32, 16)) {
        assertThat(device.stream()).isSameAs(stream);
        List<CudaStream> other = new ArrayList<>();
        Thread thread = Thread.ofPlatform().start(() -> other.add(device.stream()));
        thread.join();
        assertThat(other).containsExactly(device.ownStream());
        assertThat(stream.isIdle()).isFalse();
        assertThat(device.ownStream().isIdle()).isTrue();
        assertThat(x.toFloats()).containsOnly(0);
        assertThat(stream.isIdle()).isTrue();
      }
      assertThat(device.stream()).isSameAs(device.ownStream());
    }
  }

  @Test
  void aStreamWaitsForAnother() {
    try (CudaStream stream = device.newStream();
        NdArray x = NdArray.zeros(device, DType.FP32, 64)) {
      stream.waitFor(device.ownStream());
      try (CudaDevice.StreamUse _ = device.use(stream)) {
        add().args(x, x, 64, 3).launch(1, 1, 1);
      }
      try (CudaEvent done = stream.record()) {
        device.ownStream().waitFor(done);
      }
      add().args(x, x, 64, 4).launch(1, 1, 1);
      assertThat(x.toFloats()).containsOnly(7);
    }
  }

  @Test
  void memoryIsFreedBehindTheWorkOfEveryStream() {
    try (CudaStream stream = device.newStream()) {
      NdArray x = NdArray.zeros(device, DType.FP32, 64);
      stream.waitFor(device.ownStream());
      try (CudaDevice.StreamUse _ = device.use(stream)) {
        add().args(x, x, 64, 3).launch(1, 1, 1);
      }
      // The own stream does not wait for the other; its next buffer would take the memory.
      x.close();
      try (NdArray y = NdArray.zeros(device, DType.FP32, 64)) {
        assertThat(y.toFloats()).containsOnly(0);
      }
      stream.synchronize();
    }
  }

  @Test
  void aBufferOfAnotherStreamMayBeClosedAnywhere() {
    Buffer buffer;
    try (CudaStream stream = device.newStream()) {
      try (CudaDevice.StreamUse _ = device.use(stream)) {
        buffer = device.allocate(64);
        buffer.fill((byte) 1);
      }
      device.ownStream().waitFor(stream);
      buffer.fill((byte) 2);
      buffer.close();
      Buffer kept = allocateIn(stream);
      assertThat(kept.isClosed()).isFalse();
      buffer = kept;
    }
    buffer.close();
  }

  private Buffer allocateIn(CudaStream stream) {
    try (CudaDevice.StreamUse _ = device.use(stream)) {
      return device.allocate(100);
    }
  }

  @Test
  void threadsLaunchAtTheSameTime() throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    List<Throwable> thrown = new ArrayList<>();
    for (int t = 0; t < 3; t++) {
      int value = t;
      threads.add(
          Thread.ofPlatform()
              .uncaughtExceptionHandler((_, e) -> thrown.add(e))
              .start(() -> countOn(value)));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(thrown).isEmpty();
  }

  private void countOn(int value) {
    try (NdArray x = NdArray.zeros(device, DType.FP32, 64)) {
      Launch add = add().args(x, x, 64, value);
      for (int i = 0; i < 10; i++) {
        add.launch(1, 1, 1);
      }
      assertThat(x.toFloats()).containsOnly(10f * value);
    }
  }

  @Test
  void eventsTakeTheTime() {
    try (CudaEvent start = device.ownStream().record();
        Buffer buffer = device.allocate(64)) {
      buffer.fill((byte) 1);
      try (CudaEvent end = device.ownStream().record();
          CudaEvent never = device.newEvent()) {
        assertThat(end.isDone()).isFalse();
        assertThat(end.nanosSince(start)).isNotNegative();
        assertThat(end.isDone()).isTrue();
        assertThatThrownBy(() -> never.nanosSince(start))
            .hasMessage("an event that was never recorded has no time");
      }
    }
  }

  @Test
  void whatIsClosedCannotBeUsed() {
    CudaStream stream = device.newStream();
    CudaEvent event = stream.record();
    assertThatThrownBy(
            () -> {
              try (CudaDevice.StreamUse _ = device.use(stream)) {
                stream.close();
              }
            })
        .isInstanceOf(KilnException.class)
        .hasMessageContaining("the stream is in use");
    event.close();
    event.close();
    stream.close();
    stream.close();
    assertThatThrownBy(event::synchronize).hasMessage("the event is closed");
    assertThatThrownBy(stream::synchronize).hasMessage("the stream is closed");
    assertThatThrownBy(() -> device.ownStream().close())
        .hasMessage("the device's own stream is closed with the device");
  }

  @Test
  void aStreamIsAnAddressForOtherLibraries() {
    assertThat(device.ownStream().address()).isNotZero();
    try (Buffer buffer = device.allocate(8)) {
      buffer.fill((byte) 0);
    }
  }
}
