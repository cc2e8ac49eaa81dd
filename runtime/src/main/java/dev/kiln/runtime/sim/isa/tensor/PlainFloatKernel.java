package dev.kiln.runtime.sim.isa.tensor;

/** Scalar loops. */
final class PlainFloatKernel implements FloatKernel {
  /** What NaN a result is. */
  static final int CANONICAL_NAN = 0x7fff_ffff;

  @Override
  public void pack(float[] planes, int at, int[] words, int slot) {
    for (int lane = 0; lane < 32; lane++) {
      float value = planes[at + lane];
      words[slot + lane] = value != value ? CANONICAL_NAN : Float.floatToRawIntBits(value);
    }
  }

  @Override
  public void unpack(Element element, int[] words, int slot, float[] planes, int at) {
    int packed = element.perRegister();
    int bits = element.bits();
    for (int lane = 0; lane < 32; lane++) {
      int word = words[slot + lane];
      for (int e = 0; e < packed; e++) {
        planes[at + e * 32 + lane] = element.toFloat(word >>> e * bits);
      }
    }
  }

  @Override
  public void multiply(Tiling tiling, Planes planes) {
    for (int rows = 0; rows < tiling.rowBlocks(); rows++) {
      for (int columns = 0; columns < tiling.columnBlocks(); columns++) {
        for (int half = 0; half < tiling.halves(); half++) {
          for (int parity = 0; parity < 2; parity++) {
            addPlane(tiling, rows, columns, half, parity, planes.a, planes.b, planes.sums);
          }
        }
      }
    }
  }

  private static void addPlane(
      Tiling tiling,
      int rows,
      int columns,
      int half,
      int parity,
      float[] a,
      float[] b,
      float[] sums) {
    int to = tiling.accumulator(rows, columns, half, parity) * 32;
    int packed = tiling.packed();
    for (int lane = 0; lane < 32; lane++) {
      float sum = sums[to + lane];
      for (int k = 0; k < tiling.depth(); k++) {
        int inStep = k % (4 * packed);
        int plane = tiling.planeOfA(rows, half, k / (4 * packed), inStep % packed);
        float left = a[plane + (lane & ~3) + inStep / packed];
        sum = Math.fma(left, b[tiling.rowOfB(columns, k, parity) + (lane & 3)], sum);
      }
      sums[to + lane] = sum;
    }
  }
}
