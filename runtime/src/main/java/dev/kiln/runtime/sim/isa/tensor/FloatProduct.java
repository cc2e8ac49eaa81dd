package dev.kiln.runtime.sim.isa.tensor;

import dev.kiln.runtime.sim.exec.TensorMode;

/** Moves floating-point matrices between registers and planes, and multiplies them. */
final class FloatProduct {
  private static final int CANONICAL_HALF_NAN = 0x7fff;

  final Tiling tiling;
  final Element a;
  final Element b;
  private final FloatKernel kernel = FloatKernel.choose();

  FloatProduct(Tiling tiling, Element a, Element b) {
    this.tiling = tiling;
    this.a = a;
    this.b = b;
  }

  /** Makes room in planes. */
  void reserve(Planes planes) {
    planes.reserveFloats(
        tiling.registersOfA() * tiling.packed() * 32,
        tiling.rowOfB(tiling.columnBlocks(), 0, 0),
        tiling.accumulators() * 32);
  }

  /** Unpacks A, register by register. */
  void loadA(int[] words, int[] slots, Planes planes) {
    for (int i = 0; i < tiling.registersOfA(); i++) {
      kernel.unpack(a, words, slots[i], planes.a, i * tiling.packed() * 32);
    }
  }

  /** Unpacks B, and turns its columns into rows. */
  void loadB(int[] words, int[] slots, Planes planes) {
    float[] register = planes.register;
    float[] rows = planes.b;
    int packed = tiling.packed();
    for (int column = 0; column < tiling.columnBlocks(); column++) {
      for (int step = 0; step < tiling.steps(); step++) {
        kernel.unpack(b, words, slots[column * tiling.steps() + step], register, 0);
        for (int k = 0; k < 4 * packed; k++) {
          int from = k % packed * 32 + k / packed;
          int to = tiling.rowOfB(column, step * 4 * packed + k, 0);
          for (int pair = 0; pair < 4; pair++) {
            rows[to + pair] = register[from + pair * 8];
            rows[to + Planes.REPEATED + pair] = register[from + pair * 8 + 4];
          }
        }
      }
    }
  }

  /**
   * Unpacks C.
   *
   * @param half whether it is f16, two elements in a register, or else f32
   */
  void loadSums(int[] words, int[] slots, boolean half, Planes planes) {
    int count = half ? tiling.accumulators() / 2 : tiling.accumulators();
    for (int i = 0; i < count; i++) {
      Element element = half ? Element.F16 : Element.F32;
      kernel.unpack(element, words, slots[i], planes.sums, i * (half ? 64 : 32));
    }
  }

  /** Packs D. f16 is rounded to nearest even, once. */
  void storeSums(Planes planes, int[] words, int[] slots, boolean half) {
    if (half) {
      for (int i = 0; i < tiling.accumulators() / 2; i++) {
        storeHalves(planes.sums, i * 64, words, slots[i]);
      }
      return;
    }
    for (int i = 0; i < tiling.accumulators(); i++) {
      kernel.pack(planes.sums, i * 32, words, slots[i]);
    }
  }

  private static void storeHalves(float[] sums, int from, int[] words, int slot) {
    for (int lane = 0; lane < 32; lane++) {
      words[slot + lane] = half(sums[from + lane]) | half(sums[from + 32 + lane]) << 16;
    }
  }

  static int half(float value) {
    return value != value ? CANONICAL_HALF_NAN : Float.floatToFloat16(value) & 0xffff;
  }

  /** Adds A times B to the sums. */
  void multiply(Planes planes, TensorMode mode) {
    switch (mode) {
      case ROUNDED -> kernel.multiply(tiling, planes);
      case TRUNCATED ->
          TruncatedProduct.multiply(tiling, 128 / a.bits(), planes.a, planes.b, planes.sums);
    }
  }
}
