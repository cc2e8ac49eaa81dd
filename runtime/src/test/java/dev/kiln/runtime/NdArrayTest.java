package dev.kiln.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class NdArrayTest {
  private final Device device = Devices.cpu();

  @ParameterizedTest
  @EnumSource(DType.class)
  void smallNumbersSurviveEveryDType(DType dtype) {
    double[] values = dtype.isBool() ? new double[] {0, 1, 1} : new double[] {0, 1, 1.5};
    if (!dtype.isFloat() && !dtype.isBool()) {
      values = new double[] {0, 1, dtype.isSigned() ? -3 : 100};
    }
    try (NdArray array = NdArray.of(device, dtype, values)) {
      assertThat(array.toDoubles()).containsExactly(values);
    }
  }

  @Test
  void floatsRoundToNearestEven() {
    try (NdArray bf16 =
        NdArray.of(device, DType.BF16, new double[] {1 + 1.0 / 256, 1 + 3.0 / 256, 1e39})) {
      assertThat(bf16.toDoubles()).containsExactly(1.0, 1 + 4.0 / 256, Double.POSITIVE_INFINITY);
    }
  }

  @Test
  void integersOutsideTheRangeAreRefused() {
    assertThatThrownBy(() -> NdArray.of(device, DType.U8, new double[] {256}))
        .isInstanceOf(KilnException.class)
        .hasMessage("256.0 is no u8");
    assertThatThrownBy(() -> NdArray.of(device, DType.I32, new double[] {0.5}))
        .hasMessage("0.5 is no i32");
  }

  @Test
  void largestUnsignedNumbersSurvive() {
    try (NdArray array = NdArray.of(device, DType.U64, new double[] {0x1p63, 0x1p64 - 2048})) {
      assertThat(array.toDoubles()).containsExactly(0x1p63, 0x1p64 - 2048);
      assertThat(array.toLongs()).containsExactly(Long.MIN_VALUE, -2048);
    }
  }

  @Test
  void viewsShareTheBufferAndReadInRowMajorOrder() {
    try (NdArray array = NdArray.of(device, new float[] {1, 2, 3, 4, 5, 6}, 2, 3)) {
      NdArray transposed = array.permute(1, 0);
      assertThat(transposed.shape()).containsExactly(3, 2);
      assertThat(transposed.toFloats()).containsExactly(1, 4, 2, 5, 3, 6);
      assertThat(transposed.isContiguous()).isFalse();
      NdArray column = array.narrow(1, 1, 2);
      assertThat(column.address()).isEqualTo(array.address() + 4);
      assertThat(column.toFloats()).containsExactly(2, 5);
      assertThat(array.reshape(3, -1).toFloats()).containsExactly(1, 2, 3, 4, 5, 6);
      assertThatThrownBy(() -> transposed.reshape(6))
          .hasMessage("only a contiguous array can be reshaped");
    }
  }

  @Test
  void emptyArraysAreArrays() {
    try (NdArray array = NdArray.empty(device, DType.FP32, 0, 5)) {
      assertThat(array.size()).isZero();
      assertThat(array.toFloats()).isEmpty();
    }
    try (NdArray array = NdArray.empty(device, DType.FP32, 2, 0, 3)) {
      assertThat(array.isContiguous()).isTrue();
      assertThat(array.permute(2, 0, 1).isContiguous()).isTrue();
      assertThat(array.reshape(0, 6).shape()).containsExactly(0, 6);
    }
  }

  @Test
  void aShapeOfMoreElementsThanThereAreNumbersIsRefused() {
    assertThatThrownBy(() -> NdArray.empty(device, DType.FP32, 1L << 40, 1L << 40))
        .hasMessage("a shape of too many elements: [1099511627776, 1099511627776]");
  }

  @Test
  void foreignMemoryIsUsedWithoutACopy() {
    try (Arena arena = Arena.ofConfined()) {
      var memory = arena.allocate(16, 16);
      NdArray array = NdArray.wrap(device, DType.FP32, memory, 4);
      memory.setAtIndex(ValueLayout.JAVA_FLOAT, 2, 7f);
      assertThat(array.toFloats()).containsExactly(0, 0, 7, 0);
      array.set(new float[] {1, 2, 3, 4});
      assertThat(memory.getAtIndex(ValueLayout.JAVA_FLOAT, 3)).isEqualTo(4f);
    }
    ByteBuffer direct = ByteBuffer.allocateDirect(8).order(ByteOrder.LITTLE_ENDIAN).putInt(0, 5);
    assertThat(NdArray.wrap(device, DType.I32, direct, 2).toLongs()).containsExactly(5, 0);
    assertThatThrownBy(() -> NdArray.wrap(device, DType.I32, ByteBuffer.allocate(8), 2))
        .hasMessage("only a direct ByteBuffer can be used without a copy");
  }

  @Test
  void aClosedBufferIsNamed() {
    NdArray array = NdArray.zeros(device, DType.FP32, 4);
    array.close();
    array.close();
    assertThatThrownBy(array::toFloats)
        .isInstanceOf(DeviceMemoryException.class)
        .hasMessage("the buffer is closed");
  }

  @Test
  void sizesAreChecked() {
    assertThatThrownBy(() -> NdArray.of(device, new float[3], 2, 2))
        .hasMessage("3 numbers do not fit the shape [2, 2]");
    assertThatThrownBy(() -> NdArray.empty(device, DType.FP32, -1))
        .hasMessage("a shape must not be negative: [-1]");
    assertThatThrownBy(() -> NdArray.empty(device, DType.FP64, 1L << 50))
        .isInstanceOf(DeviceMemoryException.class);
  }
}
