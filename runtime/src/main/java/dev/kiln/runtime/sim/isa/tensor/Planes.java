package dev.kiln.runtime.sim.isa.tensor;

import dev.kiln.runtime.sim.exec.Attachment;
import dev.kiln.runtime.sim.exec.Block;
import java.util.Arrays;

/** Room for unpacked operands, for all warps of a block: they take turns between instructions. */
final class Planes {
  static final Attachment<Block, Planes> KEY = new Attachment<>(block -> new Planes());

  /** Values in a row of B: four columns, repeated to the width of the widest vectors. */
  static final int REPEATED = 16;

  float[] a = new float[512];

  /** A, each element repeated for the four lanes that need it. */
  float[] spread = new float[2048];

  float[] b = new float[1024];
  float[] sums = new float[256];
  int[] bitsOfA = new int[512];
  int[] bitsOfB = new int[1024];
  int[] totals = new int[256];

  /** What a shared memory matrix holds, in registers' layout. */
  int[] packed = new int[256];

  final double[] doublesOfA = new double[256];
  final double[] doublesOfB = new double[128];
  final double[] doubleSums = new double[128];

  /** Values of one register's elements, plane by plane. */
  final float[] register = new float[256];

  void reserveFloats(int ofA, int ofB, int ofSums) {
    a = atLeast(a, ofA);
    spread = atLeast(spread, 4 * ofA);
    b = atLeast(b, ofB);
    sums = atLeast(sums, ofSums);
  }

  void reserveIntegers(int ofA, int ofB, int ofSums) {
    bitsOfA = atLeast(bitsOfA, ofA);
    bitsOfB = atLeast(bitsOfB, ofB);
    totals = atLeast(totals, ofSums);
  }

  void reservePacked(int words) {
    packed = atLeast(packed, words);
  }

  private static float[] atLeast(float[] array, int length) {
    return array.length >= length ? array : Arrays.copyOf(array, length);
  }

  private static int[] atLeast(int[] array, int length) {
    return array.length >= length ? array : Arrays.copyOf(array, length);
  }
}
