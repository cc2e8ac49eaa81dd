package dev.kiln.runtime.sim.isa.tensor;

import dev.kiln.runtime.sim.exec.TensorMode;
import dev.kiln.runtime.sim.exec.Warp;

/**
 * {@code mma.m8n8k4} with f16: four products at once, one for each quad of lanes of the lower half
 * and the quad 16 lanes further (PTX ISA 9.7.14.5.1).
 */
final class QuarterMultiply extends TensorStep {
  private final Registers registers;
  private final boolean columnsOfA;
  private final boolean rowsOfB;
  private final boolean halfC;
  private final boolean halfD;

  /**
   * @param columnsOfA whether A is in columns: a lane holds a column's half
   * @param rowsOfB whether B is in rows
   */
  QuarterMultiply(
      String mnemonic,
      Registers registers,
      boolean columnsOfA,
      boolean rowsOfB,
      boolean halfC,
      boolean halfD) {
    super(mnemonic);
    this.registers = registers;
    this.columnsOfA = columnsOfA;
    this.rowsOfB = rowsOfB;
    this.halfC = halfC;
    this.halfD = halfD;
  }

  @Override
  void execute(Warp warp) {
    Planes planes = warp.block.attached(Planes.KEY);
    float[] sums = planes.sums;
    float[] left = new float[4];
    float[] right = new float[4];
    for (int lane = 0; lane < 32; lane++) {
      for (int i = 0; i < 8; i++) {
        int row = halfD ? rowOfHalf(lane) : rowOfSingle(lane, i);
        int column = halfD ? i : columnOfSingle(lane, i);
        int quad = lane & 12;
        for (int k = 0; k < 4; k++) {
          left[k] = left(warp, quad, row, k);
          right[k] = right(warp, quad, k, column);
        }
        sums[i * 32 + lane] =
            add(warp.block.grid.tensorMode, start(warp, quad, row, column), left, right);
      }
    }
    store(warp, sums);
  }

  private static float add(TensorMode mode, float start, float[] left, float[] right) {
    if (mode == TensorMode.TRUNCATED) {
      return TruncatedProduct.sum(start, left, right, 4);
    }
    float sum = start;
    for (int k = 0; k < 4; k++) {
      sum = Math.fma(left[k], right[k], sum);
    }
    return sum;
  }

  private float left(Warp warp, int quad, int row, int k) {
    int lane = quad + (row & 4) * 4 + (columnsOfA ? k : row & 3);
    return element(warp, registers.a(), lane, columnsOfA ? row & 3 : k);
  }

  private float right(Warp warp, int quad, int k, int column) {
    int lane = quad + (column & 4) * 4 + (rowsOfB ? k : column & 3);
    return element(warp, registers.b(), lane, rowsOfB ? column & 3 : k);
  }

  private static float element(Warp warp, int[] slots, int lane, int i) {
    int word = warp.words[slots[i >> 1] + lane];
    return Float.float16ToFloat((short) (word >>> (i & 1) * 16));
  }

  private float start(Warp warp, int quad, int row, int column) {
    if (halfC) {
      return element(warp, registers.c(), quad + (row & 4) * 4 + (row & 3), column);
    }
    int lane = quad + (row & 4) * 4 + (column & 2) + (row & 1);
    int i = (column & 4) + (row & 2) + (column & 1);
    return Float.intBitsToFloat(warp.words[registers.c()[i] + lane]);
  }

  private static int rowOfHalf(int lane) {
    return (lane & 3) + (lane >> 4) * 4;
  }

  private static int rowOfSingle(int lane, int i) {
    return (lane & 1) + (i & 2) + (lane >> 4) * 4;
  }

  private static int columnOfSingle(int lane, int i) {
    return (i & 4) + (lane & 2) + (i & 1);
  }

  private void store(Warp warp, float[] sums) {
    for (int lane = 0; lane < 32; lane++) {
      for (int i = 0; i < 8; i++) {
        float sum = sums[i * 32 + lane];
        if (!halfD) {
          warp.words[registers.d()[i] + lane] =
              sum != sum ? PlainFloatKernel.CANONICAL_NAN : Float.floatToRawIntBits(sum);
        } else if ((i & 1) == 0) {
          int high = FloatProduct.half(sums[(i + 1) * 32 + lane]);
          warp.words[registers.d()[i / 2] + lane] = FloatProduct.half(sum) | high << 16;
        }
      }
    }
  }
}
