package dev.kiln.runtime.sim.isa.tensor;

import dev.kiln.runtime.sim.exec.Warp;

/** {@code mma} and {@code wmma.mma} with f64: a chain of fused multiply-adds in ascending k. */
final class DoubleMultiply extends TensorStep {
  private static final long CANONICAL_NAN = 0x7fff_ffff_ffff_ffffL;

  private final Tiling tiling;
  private final Registers registers;
  private final DoubleRounding rounding;

  DoubleMultiply(String mnemonic, Tiling tiling, Registers registers, DoubleRounding rounding) {
    super(mnemonic);
    this.tiling = tiling;
    this.registers = registers;
    this.rounding = rounding;
  }

  @Override
  void execute(Warp warp) {
    Planes planes = warp.block.attached(Planes.KEY);
    load(warp.wides, registers.a(), planes.doublesOfA);
    load(warp.wides, registers.b(), planes.doublesOfB);
    load(warp.wides, registers.c(), planes.doubleSums);
    for (int half = 0; half < tiling.halves(); half++) {
      for (int parity = 0; parity < 2; parity++) {
        addPlane(planes, half, parity);
      }
    }
    for (int i = 0; i < tiling.accumulators(); i++) {
      for (int lane = 0; lane < 32; lane++) {
        double sum = planes.doubleSums[i * 32 + lane];
        warp.wides[registers.d()[i] + lane] =
            sum != sum ? CANONICAL_NAN : Double.doubleToRawLongBits(sum);
      }
    }
  }

  private static void load(long[] wides, int[] slots, double[] planes) {
    for (int i = 0; i < slots.length; i++) {
      for (int lane = 0; lane < 32; lane++) {
        planes[i * 32 + lane] = Double.longBitsToDouble(wides[slots[i] + lane]);
      }
    }
  }

  private void addPlane(Planes planes, int half, int parity) {
    int to = tiling.accumulator(0, 0, half, parity) * 32;
    for (int lane = 0; lane < 32; lane++) {
      int column = (lane & 3) * 2 + parity;
      double sum = planes.doubleSums[to + lane];
      for (int k = 0; k < tiling.depth(); k++) {
        double left = planes.doublesOfA[tiling.planeOfA(0, half, k / 4, 0) + (lane & ~3) + k % 4];
        double right = planes.doublesOfB[k / 4 * 32 + column * 4 + k % 4];
        sum = rounding.fma(left, right, sum);
      }
      planes.doubleSums[to + lane] = sum;
    }
  }
}
