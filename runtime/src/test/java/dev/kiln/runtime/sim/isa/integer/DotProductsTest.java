package dev.kiln.runtime.sim.isa.integer;

import static dev.kiln.runtime.sim.ptx.PtxType.S32;
import static dev.kiln.runtime.sim.ptx.PtxType.U32;

import dev.kiln.runtime.sim.isa.SingleStep;
import dev.kiln.runtime.sim.ptx.PtxType;
import org.junit.jupiter.api.Test;

class DotProductsTest {
  private static final PtxType[] TYPES = {U32, S32};

  private static long byteOf(long word, int index, PtxType type) {
    int value = (int) (word >>> 8 * index) & 0xff;
    return type == S32 ? (byte) value : value;
  }

  private static long halfOf(long word, int index, PtxType type) {
    int value = (int) (word >>> 16 * index) & 0xffff;
    return type == S32 ? (short) value : value;
  }

  @Test
  void fourProductsOfBytesAreAdded() {
    for (PtxType a : TYPES) {
      for (PtxType b : TYPES) {
        PtxType sum = a == U32 && b == U32 ? U32 : S32;
        SingleStep.of("dp4a" + a + b)
            .out(sum)
            .in(a)
            .in(b)
            .in(sum)
            .expect(
                in -> {
                  long total = in[2];
                  for (int i = 0; i < 4; i++) {
                    total += byteOf(in[0], i, a) * byteOf(in[1], i, b);
                  }
                  return total;
                });
      }
    }
  }

  @Test
  void twoProductsOfHalvesAndBytesAreAdded() {
    for (PtxType a : TYPES) {
      for (PtxType b : TYPES) {
        for (int first : new int[] {0, 2}) {
          PtxType sum = a == U32 && b == U32 ? U32 : S32;
          SingleStep.of("dp2a" + (first == 0 ? ".lo" : ".hi") + a + b)
              .out(sum)
              .in(a)
              .in(b)
              .in(sum)
              .expect(
                  in ->
                      in[2]
                          + halfOf(in[0], 0, a) * byteOf(in[1], first, b)
                          + halfOf(in[0], 1, a) * byteOf(in[1], first + 1, b));
        }
      }
    }
  }
}
