package dev.kiln.references.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.elementwise.Activations;
import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import java.lang.foreign.ValueLayout;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;

class JavaCppMemoryTest {
  private final Device cpu = Devices.byName("cpu");

  @Test
  void aKernelReadsAndWritesAPointersMemory() {
    try (var in = new FloatPointer(-1, 2, -3, 4);
        var out = new FloatPointer(4);
        Buffer x = JavaCppMemory.host(cpu, in);
        Buffer y = JavaCppMemory.host(cpu, out)) {
      new Activations(cpu)
          .forward(
              Activation.RELU,
              NdArray.over(x, DType.FP32, 0, 4),
              NdArray.over(y, DType.FP32, 0, 4));
      cpu.synchronize();
      float[] values = new float[4];
      out.get(values);
      assertThat(values).containsExactly(0, 2, 0, 4);
    }
  }

  @Test
  void memoryReachesFromThePositionToTheLimit() {
    try (var pointer = new FloatPointer(0, 1, 2, 3, 4, 5)) {
      pointer.position(2).limit(5);
      var segment = JavaCppMemory.segment(pointer);
      assertThat(segment.byteSize()).isEqualTo(12);
      assertThat(segment.get(ValueLayout.JAVA_FLOAT, 0)).isEqualTo(2);
    }
  }

  @Test
  void aBufferIsSeenThroughAPointer() {
    try (NdArray array = NdArray.of(cpu, new float[] {1, 2, 3}, 3)) {
      Pointer pointer = JavaCppMemory.pointer(array.buffer());
      assertThat(pointer.address()).isEqualTo(array.address());
      var floats = new FloatPointer(pointer);
      assertThat(floats.get(2)).isEqualTo(3);
      floats.put(1, 7);
      assertThat(array.toFloats()).containsExactly(1, 7, 3);
    }
  }

  @Test
  void aPointerMustSayWhereAndHowMuch() {
    assertThatThrownBy(() -> JavaCppMemory.host(cpu, new FloatPointer()))
        .isInstanceOf(KilnException.class)
        .hasMessage("a null pointer is no memory");
    try (var known = new FloatPointer(1f)) {
      assertThatThrownBy(() -> JavaCppMemory.host(cpu, new FloatPointer(known).limit(0)))
          .isInstanceOf(KilnException.class)
          .hasMessage("FloatPointer does not say how much memory it points to: set its limit");
    }
  }
}
