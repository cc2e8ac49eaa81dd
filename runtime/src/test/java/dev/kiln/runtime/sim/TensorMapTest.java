package dev.kiln.runtime.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.sim.TensorMap.Builder;
import dev.kiln.runtime.sim.TensorMap.DataType;
import dev.kiln.runtime.sim.TensorMap.Interleave;
import dev.kiln.runtime.sim.TensorMap.L2Promotion;
import dev.kiln.runtime.sim.TensorMap.OutOfBoundsFill;
import dev.kiln.runtime.sim.TensorMap.Swizzle;
import org.junit.jupiter.api.Test;

class TensorMapTest {
  private static final long ADDRESS = 0x10_0000_0000L;

  private static Builder matrix() {
    return TensorMap.tiled(DataType.FLOAT16, ADDRESS, 256, 100).box(64, 8);
  }

  private static void assertRefused(Builder builder, String message) {
    assertThatThrownBy(builder::build)
        .isInstanceOf(KilnException.class)
        .hasMessageContaining(message);
  }

  @Test
  void encodingKeepsEverything() {
    TensorMap map =
        TensorMap.tiled(DataType.BFLOAT16, ADDRESS + 0x30, 1L << 32, 3, 1, 70000, 2)
            .strides((1L << 40) - 16, 32, 48, 16)
            .box(32, 256, 1, 2, 3)
            .elementStrides(8, 1, 2, 3, 4)
            .swizzle(Swizzle.BYTES_64)
            .l2Promotion(L2Promotion.BYTES_256)
            .outOfBounds(OutOfBoundsFill.NAN_REQUEST_ZERO_FMA)
            .build();
    assertThat(map.encode()).hasSize(128);
    TensorMap decoded = TensorMap.decode(map.encode());
    assertThat(decoded).usingRecursiveComparison().isEqualTo(map);
    assertThat(decoded.dimension(0)).isEqualTo(1L << 32);
    assertThat(decoded.stride(0)).isEqualTo(2);
    assertThat(decoded.stride(1)).isEqualTo((1L << 40) - 16);
    assertThat(decoded.count(0)).as("element stride 0 is ignored").isEqualTo(32);
    assertThat(decoded.count(4)).isEqualTo(1);
    assertThat(decoded.boxBytes()).isEqualTo(2L * 32 * 256);
  }

  @Test
  void stridesDefaultToADenseTensor() {
    TensorMap map = TensorMap.tiled(DataType.UINT32, ADDRESS, 8, 5, 3).box(4, 1, 1).build();
    assertThat(map.stride(1)).isEqualTo(32);
    assertThat(map.stride(2)).isEqualTo(160);
  }

  @Test
  void damagedBytesAreFoundOut() {
    byte[] bytes = matrix().build().encode();
    assertThatThrownBy(() -> TensorMap.decode(new byte[128]))
        .hasMessageContaining("not a tensor map");
    for (int i = 4; i < bytes.length; i++) {
      byte[] damaged = bytes.clone();
      damaged[i] ^= 4;
      assertThatThrownBy(() -> TensorMap.decode(damaged)).hasMessageContaining("damaged");
    }
  }

  @Test
  void parametersAreChecked() {
    assertRefused(TensorMap.tiled(DataType.UINT8, ADDRESS), "rank must be 1 to 5");
    assertRefused(TensorMap.tiled(DataType.UINT8, ADDRESS, 1, 1, 1, 1, 1, 1), "rank");
    assertRefused(matrix().interleave(Interleave.BYTES_16), "at least 3");
    assertRefused(matrix().address(ADDRESS + 8), "multiple of 16");
    assertRefused(
        TensorMap.tiled(DataType.UINT8, ADDRESS + 16, 32, 16, 32).interleave(Interleave.BYTES_32),
        "multiple of 32");
    assertRefused(matrix().dimensionAt(1, 0), "1 to 2^32 elements");
    assertRefused(matrix().dimensionAt(1, (1L << 32) + 1), "1 to 2^32 elements");
    assertRefused(matrix().strides(520), "stride 520");
    assertRefused(matrix().strides(1L << 40), "below 2^40");
    assertRefused(matrix().strides(512, 512), "there must be 1 strides, not 2");
    assertRefused(matrix().box(64, 257), "1 to 256");
    assertRefused(matrix().box(64, 0), "1 to 256");
    assertRefused(matrix().box(4, 8), "no multiple of 16");
    assertRefused(matrix().box(64), "there must be 2 box");
    assertRefused(matrix().elementStrides(1, 9), "element stride 1 must be 1 to 8");
    assertRefused(matrix().swizzle(Swizzle.BYTES_64), "more than the swizzle's 64");
    assertRefused(
        TensorMap.tiled(DataType.INT32, ADDRESS, 8)
            .box(4)
            .outOfBounds(OutOfBoundsFill.NAN_REQUEST_ZERO_FMA),
        "NaN");
    matrix().swizzle(Swizzle.BYTES_128).build();
  }

  @Test
  void swizzlesXorTheChunkWithTheLine() {
    // PTX ISA, swizzling modes: chunks of 16 bytes in lines of 128 bytes, by line.
    int[][] line128 = {
      {0, 1, 2, 3, 4, 5, 6, 7},
      {1, 0, 3, 2, 5, 4, 7, 6},
      {2, 3, 0, 1, 6, 7, 4, 5},
      {3, 2, 1, 0, 7, 6, 5, 4},
      {4, 5, 6, 7, 0, 1, 2, 3},
      {5, 4, 7, 6, 1, 0, 3, 2},
      {6, 7, 4, 5, 2, 3, 0, 1},
      {7, 6, 5, 4, 3, 2, 1, 0},
      {0, 1, 2, 3, 4, 5, 6, 7}
    };
    int[][] line64 = {
      {0, 1, 2, 3, 4, 5, 6, 7},
      {1, 0, 3, 2, 5, 4, 7, 6},
      {2, 3, 0, 1, 6, 7, 4, 5},
      {3, 2, 1, 0, 7, 6, 5, 4},
      {0, 1, 2, 3, 4, 5, 6, 7}
    };
    int[][] line32 = {
      {0, 1, 2, 3, 4, 5, 6, 7},
      {1, 0, 3, 2, 5, 4, 7, 6},
      {0, 1, 2, 3, 4, 5, 6, 7}
    };
    assertSwizzle(Swizzle.BYTES_128, line128);
    assertSwizzle(Swizzle.BYTES_64, line64);
    assertSwizzle(Swizzle.BYTES_32, line32);
    assertThat(Swizzle.NONE.apply(0x1ff7)).isEqualTo(0x1ff7);
  }

  private static void assertSwizzle(Swizzle swizzle, int[][] lines) {
    for (int line = 0; line < lines.length; line++) {
      for (int chunk = 0; chunk < 8; chunk++) {
        long address = 4096 + 128 * line + 16 * chunk + 5;
        assertThat(swizzle.apply(address))
            .isEqualTo(4096 + 128 * line + 16 * lines[line][chunk] + 5);
      }
    }
  }
}
