package dev.kiln.tests.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.DeviceMemoryException;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.Launch;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.cuda.CudaDevice;
import dev.kiln.runtime.cuda.CudaGraph;
import dev.kiln.runtime.cuda.CudaStream;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CudaGraphTest extends CudaFixture {
  @Test
  void whatWasRecordedRunsAtEachReplay() {
    try (NdArray x = NdArray.zeros(device, DType.FP32, 64)) {
      Launch add = add().args(x, x, 64, 1);
      try (CudaGraph graph =
          CudaGraph.capture(
              device,
              () -> {
                assertThat(device.isCapturing()).isTrue();
                add.launch(1, 1, 1);
                add.launch(1, 1, 1);
              })) {
        assertThat(device.isCapturing()).isFalse();
        assertThat(graph.nodes()).isEqualTo(2);
        assertThat(x.toFloats()).containsOnly(0);
        for (int i = 0; i < 3; i++) {
          graph.replay();
        }
        assertThat(x.toFloats()).containsOnly(6);
      }
    }
  }

  @Test
  void memoryOfAGraphComesAndGoesWithIt() {
    List<NdArray> left = new ArrayList<>();
    try (NdArray x = NdArray.zeros(device, DType.FP32, 64);
        CudaGraph graph =
            CudaGraph.capture(
                device,
                () -> {
                  NdArray result = NdArray.empty(device, DType.FP32, 64);
                  try (NdArray sum = NdArray.zeros(device, DType.FP32, 64)) {
                    add().args(x, sum, 64, 1).launch(1, 1, 1);
                    add().args(sum, result, 64, 1).launch(1, 1, 1);
                  }
                  left.add(result);
                })) {
      graph.replay();
      assertThat(left.getFirst().toFloats()).containsOnly(2);
      x.buffer().copyFrom(MemorySegment.ofArray(new float[] {5}), 0);
      graph.replay();
      assertThat(left.getFirst().toFloats()).startsWith(7, 2);
    }
    assertThat(left.getFirst().buffer().isClosed()).isTrue();
    assertThatThrownBy(left.getFirst()::toFloats)
        .isInstanceOf(DeviceMemoryException.class)
        .hasMessage("the buffer is closed");
    left.getFirst().close();
    assertThat(device.memoryUse().current()).isZero();
  }

  @Test
  void whatTheHostWroteWhileRecordingIsWrittenAtEachReplay() {
    float[] values = {1, 2};
    try (NdArray x = NdArray.zeros(device, DType.FP32, 2);
        CudaGraph graph =
            CudaGraph.capture(
                device,
                () -> {
                  x.set(values);
                  values[0] = 9;
                })) {
      for (int i = 0; i < 2; i++) {
        x.buffer().fill((byte) 0);
        graph.replay();
        assertThat(x.toFloats()).containsExactly(1, 2);
      }
    }
  }

  @Test
  void whatCannotBeRecordedIsRefusedAndTheDeviceStaysUsable() {
    try (NdArray x = NdArray.zeros(device, DType.FP32, 64)) {
      refused("reading a value to the host is not possible", x::toFloats);
      refused("waiting for the device is not possible", device::synchronize);
      refused("waiting for a stream", () -> device.stream().synchronize());
      refused("captures cannot be nested", () -> CudaGraph.capture(device, () -> {}));
      try (CudaGraph graph = CudaGraph.capture(device, () -> x.buffer().fill((byte) 0))) {
        refused("replaying a graph", graph::replay);
      }
      refused("a mistake of the task", () -> fail(x));
      add().args(x, x, 64, 1).launch(1, 1, 1);
      assertThat(x.toFloats()).containsOnly(1);
    }
  }

  private static void fail(NdArray x) {
    x.buffer().fill((byte) 3);
    x.buffer().copyFrom(MemorySegment.ofArray(new float[] {1}), 0);
    throw new KilnException("a mistake of the task");
  }

  private void refused(String message, Runnable work) {
    assertThatThrownBy(() -> CudaGraph.capture(device, work))
        .isInstanceOf(KilnException.class)
        .hasMessageContaining(message);
  }

  @Test
  void buffersThatAreClosedWhileRecordingAreFreedAfterwards() {
    Buffer buffer = device.allocate(64);
    buffer.fill((byte) 1);
    try (CudaGraph graph = CudaGraph.capture(device, buffer::close)) {
      assertThat(graph.nodes()).isZero();
      graph.replay();
    }
    assertThat(buffer.isClosed()).isTrue();
    assertThat(device.memoryUse().current()).isZero();
  }

  @Test
  void otherStreamsMayTakePart() {
    try (CudaStream side = device.newStream();
        NdArray x = NdArray.zeros(device, DType.FP32, 64);
        NdArray y = NdArray.zeros(device, DType.FP32, 64)) {
      Launch first = add().args(x, x, 64, 1).load();
      Launch second = add().args(y, y, 64, 2).load();
      try (CudaGraph graph =
          CudaGraph.capture(
              device,
              () -> {
                side.waitFor(device.stream());
                first.launch(1, 1, 1);
                try (CudaDevice.StreamUse _ = device.use(side)) {
                  second.launch(1, 1, 1);
                }
                device.stream().waitFor(side);
              })) {
        graph.replay();
        graph.replay();
      }
      assertThat(x.toFloats()).containsOnly(2);
      assertThat(y.toFloats()).containsOnly(4);
    }
  }

  @Test
  void aClosedGraphCannotBeReplayed() {
    CudaGraph graph = CudaGraph.capture(device, () -> {});
    graph.close();
    graph.close();
    assertThatThrownBy(graph::replay).hasMessage("the graph is closed");
  }

  @Test
  void aGraphThatIsLeftIsClosedWithTheDevice() {
    NdArray x = NdArray.zeros(device, DType.FP32, 64);
    CudaGraph graph =
        CudaGraph.capture(
            device,
            () -> {
              device.allocate(100);
              x.buffer().copyFrom(MemorySegment.ofArray(new float[] {1}), 0);
            });
    graph.replay();
    device.close();
    assertThat(x.buffer().isClosed()).isTrue();
  }
}
