package dev.kiln.runtime.sim.isa.tensor;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Loops over lanes with the Vector API. Vectors stay within a method: one that is passed on may be
 * allocated.
 */
final class VectorFloatKernel implements FloatKernel {
  private static final VectorSpecies<Float> FLOATS =
      FloatVector.SPECIES_PREFERRED.length() > Planes.REPEATED
          ? FloatVector.SPECIES_512
          : FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS =
      VectorSpecies.of(int.class, FLOATS.vectorShape());
  private static final int LENGTH = FLOATS.length();

  /** Spreads the first four lanes over the vector. */
  private static final VectorShuffle<Float> REPEAT = VectorShuffle.fromOp(FLOATS, i -> i & 3);

  /** Within each group of four lanes, spreads one. */
  private static final VectorShuffle<Float> FIRST = VectorShuffle.fromOp(FLOATS, i -> i & ~3);

  private static final VectorShuffle<Float> SECOND = VectorShuffle.fromOp(FLOATS, i -> i & ~3 | 1);
  private static final VectorShuffle<Float> THIRD = VectorShuffle.fromOp(FLOATS, i -> i & ~3 | 2);
  private static final VectorShuffle<Float> FOURTH = VectorShuffle.fromOp(FLOATS, i -> i | 3);

  private final FloatKernel plain = new PlainFloatKernel();

  @Override
  public void unpack(Element element, int[] words, int slot, float[] planes, int at) {
    switch (element) {
      case F16 -> unpackHalves(words, slot, planes, at);
      case BF16 -> unpackBrains(words, slot, planes, at);
      case F32 -> unpackSingles(words, slot, planes, at, -1);
      case TF32 -> unpackSingles(words, slot, planes, at, 0xffff_e000);
      case S8, U8, S4, U4 -> unpackIntegers(element, words, slot, planes, at);
      case E4M3, E5M2, E2M1, E2M3, E3M2 ->
          unpackBytes(element.byteValues(), words, slot, planes, at);
      case F64, B1, S32 -> plain.unpack(element, words, slot, planes, at);
    }
  }

  private static void unpackSingles(int[] words, int slot, float[] planes, int at, int mask) {
    for (int i = 0; i < 32; i += LENGTH) {
      IntVector.fromArray(INTS, words, slot + i)
          .and(mask)
          .reinterpretAsFloats()
          .intoArray(planes, at + i);
    }
  }

  private static void unpackIntegers(
      Element element, int[] words, int slot, float[] planes, int at) {
    int bits = element.bits();
    boolean signed = element.isSigned();
    for (int e = 0; e < element.perRegister(); e++) {
      int left = 32 - bits - e * bits;
      for (int i = 0; i < 32; i += LENGTH) {
        IntVector high =
            IntVector.fromArray(INTS, words, slot + i).lanewise(VectorOperators.LSHL, left);
        IntVector value =
            signed
                ? high.lanewise(VectorOperators.ASHR, 32 - bits)
                : high.lanewise(VectorOperators.LSHR, 32 - bits);
        ((FloatVector) value.convert(VectorOperators.I2F, 0)).intoArray(planes, at + e * 32 + i);
      }
    }
  }

  private static void unpackBytes(float[] values, int[] words, int slot, float[] planes, int at) {
    for (int lane = 0; lane < 32; lane++) {
      int word = words[slot + lane];
      planes[at + lane] = values[word & 0xff];
      planes[at + 32 + lane] = values[word >>> 8 & 0xff];
      planes[at + 64 + lane] = values[word >>> 16 & 0xff];
      planes[at + 96 + lane] = values[word >>> 24];
    }
  }

  @Override
  public void pack(float[] planes, int at, int[] words, int slot) {
    for (int i = 0; i < 32; i += LENGTH) {
      FloatVector value = FloatVector.fromArray(FLOATS, planes, at + i);
      value
          .reinterpretAsInts()
          .blend(PlainFloatKernel.CANONICAL_NAN, value.test(VectorOperators.IS_NAN).cast(INTS))
          .intoArray(words, slot + i);
    }
  }

  private static void unpackHalves(int[] words, int slot, float[] planes, int at) {
    for (int i = 0; i < 32; i += LENGTH) {
      IntVector word = IntVector.fromArray(INTS, words, slot + i);
      // Exponent and fraction move to binary32's places; a factor corrects the bias, and makes
      // numbers of what were denormals. Infinities and NaNs keep their fraction.
      IntVector low = word.lanewise(VectorOperators.LSHL, 16);
      IntVector lowPart = low.and(0x7fff_0000).lanewise(VectorOperators.LSHR, 3);
      VectorMask<Integer> lowSpecial = lowPart.compare(VectorOperators.GE, 31 << 23);
      lowPart
          .reinterpretAsFloats()
          .mul(0x1p112f)
          .reinterpretAsInts()
          .blend(lowPart.or(0x7f80_0000), lowSpecial)
          .or(low.and(0x8000_0000))
          .reinterpretAsFloats()
          .intoArray(planes, at + i);
      IntVector highPart = word.and(0x7fff_0000).lanewise(VectorOperators.LSHR, 3);
      VectorMask<Integer> highSpecial = highPart.compare(VectorOperators.GE, 31 << 23);
      highPart
          .reinterpretAsFloats()
          .mul(0x1p112f)
          .reinterpretAsInts()
          .blend(highPart.or(0x7f80_0000), highSpecial)
          .or(word.and(0x8000_0000))
          .reinterpretAsFloats()
          .intoArray(planes, at + 32 + i);
    }
  }

  private static void unpackBrains(int[] words, int slot, float[] planes, int at) {
    for (int i = 0; i < 32; i += LENGTH) {
      IntVector word = IntVector.fromArray(INTS, words, slot + i);
      word.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().intoArray(planes, at + i);
      word.and(0xffff_0000).reinterpretAsFloats().intoArray(planes, at + 32 + i);
    }
  }

  @Override
  public void multiply(Tiling tiling, float[] a, float[] b, float[] sums) {
    int rowsOfB = tiling.columnBlocks() * tiling.depth() * 2;
    for (int row = 0; row < rowsOfB; row++) {
      FloatVector.fromArray(FLOATS, b, row * Planes.REPEATED)
          .rearrange(REPEAT)
          .intoArray(b, row * Planes.REPEATED);
    }
    int steps = tiling.steps();
    int packed = tiling.packed();
    for (int rows = 0; rows < tiling.rowBlocks(); rows++) {
      for (int columns = 0; columns < tiling.columnBlocks(); columns++) {
        int to = tiling.accumulator(rows, columns, 0, 0) * 32;
        int plane = tiling.planeOfA(rows, 0, 0, 0);
        int row = tiling.rowOfB(columns, 0, 0);
        if (tiling.halves() == 2) {
          addBlock(steps, packed, a, plane, b, row, sums, to);
        } else {
          addHalf(steps, packed, a, plane, b, row, sums, to);
        }
      }
    }
  }

  /** 16 rows and 8 columns of D. */
  private static void addBlock(
      int steps, int packed, float[] a, int plane, float[] b, int rowOfB, float[] sums, int to) {
    int half = packed * 32;
    for (int lane = 0; lane < 32; lane += LENGTH) {
      FloatVector evenTop = FloatVector.fromArray(FLOATS, sums, to + lane);
      FloatVector oddTop = FloatVector.fromArray(FLOATS, sums, to + 32 + lane);
      FloatVector evenLow = FloatVector.fromArray(FLOATS, sums, to + 64 + lane);
      FloatVector oddLow = FloatVector.fromArray(FLOATS, sums, to + 96 + lane);
      int from = plane + lane;
      int row = rowOfB;
      for (int step = 0; step < steps; step++) {
        for (int e = 0; e < half; e += 32) {
          FloatVector even = FloatVector.fromArray(FLOATS, b, row);
          FloatVector odd = FloatVector.fromArray(FLOATS, b, row + 16);
          FloatVector top = FloatVector.fromArray(FLOATS, a, from + e).rearrange(FIRST);
          FloatVector low = FloatVector.fromArray(FLOATS, a, from + half + e).rearrange(FIRST);
          evenTop = top.fma(even, evenTop);
          oddTop = top.fma(odd, oddTop);
          evenLow = low.fma(even, evenLow);
          oddLow = low.fma(odd, oddLow);
          row += 32;
        }
        for (int e = 0; e < half; e += 32) {
          FloatVector even = FloatVector.fromArray(FLOATS, b, row);
          FloatVector odd = FloatVector.fromArray(FLOATS, b, row + 16);
          FloatVector top = FloatVector.fromArray(FLOATS, a, from + e).rearrange(SECOND);
          FloatVector low = FloatVector.fromArray(FLOATS, a, from + half + e).rearrange(SECOND);
          evenTop = top.fma(even, evenTop);
          oddTop = top.fma(odd, oddTop);
          evenLow = low.fma(even, evenLow);
          oddLow = low.fma(odd, oddLow);
          row += 32;
        }
        for (int e = 0; e < half; e += 32) {
          FloatVector even = FloatVector.fromArray(FLOATS, b, row);
          FloatVector odd = FloatVector.fromArray(FLOATS, b, row + 16);
          FloatVector top = FloatVector.fromArray(FLOATS, a, from + e).rearrange(THIRD);
          FloatVector low = FloatVector.fromArray(FLOATS, a, from + half + e).rearrange(THIRD);
          evenTop = top.fma(even, evenTop);
          oddTop = top.fma(odd, oddTop);
          evenLow = low.fma(even, evenLow);
          oddLow = low.fma(odd, oddLow);
          row += 32;
        }
        for (int e = 0; e < half; e += 32) {
          FloatVector even = FloatVector.fromArray(FLOATS, b, row);
          FloatVector odd = FloatVector.fromArray(FLOATS, b, row + 16);
          FloatVector top = FloatVector.fromArray(FLOATS, a, from + e).rearrange(FOURTH);
          FloatVector low = FloatVector.fromArray(FLOATS, a, from + half + e).rearrange(FOURTH);
          evenTop = top.fma(even, evenTop);
          oddTop = top.fma(odd, oddTop);
          evenLow = low.fma(even, evenLow);
          oddLow = low.fma(odd, oddLow);
          row += 32;
        }
        from += 2 * half;
      }
      evenTop.intoArray(sums, to + lane);
      oddTop.intoArray(sums, to + 32 + lane);
      evenLow.intoArray(sums, to + 64 + lane);
      oddLow.intoArray(sums, to + 96 + lane);
    }
  }

  /** 8 rows and 8 columns of D. */
  private static void addHalf(
      int steps, int packed, float[] a, int plane, float[] b, int rowOfB, float[] sums, int to) {
    int half = packed * 32;
    for (int lane = 0; lane < 32; lane += LENGTH) {
      FloatVector even = FloatVector.fromArray(FLOATS, sums, to + lane);
      FloatVector odd = FloatVector.fromArray(FLOATS, sums, to + 32 + lane);
      int row = rowOfB;
      for (int step = 0; step < steps; step++) {
        int from = plane + step * half + lane;
        for (int thread = 0; thread < 4; thread++) {
          VectorShuffle<Float> spread =
              thread == 0 ? FIRST : thread == 1 ? SECOND : thread == 2 ? THIRD : FOURTH;
          for (int e = 0; e < half; e += 32) {
            FloatVector left = FloatVector.fromArray(FLOATS, a, from + e).rearrange(spread);
            even = left.fma(FloatVector.fromArray(FLOATS, b, row), even);
            odd = left.fma(FloatVector.fromArray(FLOATS, b, row + 16), odd);
            row += 32;
          }
        }
      }
      even.intoArray(sums, to + lane);
      odd.intoArray(sums, to + 32 + lane);
    }
  }
}
