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
      case F32 -> unpackSingles(words, slot, planes, at);
      case TF32 -> unpackTruncated(words, slot, planes, at);
      case S8, U8, S4, U4 -> unpackIntegers(element, words, slot, planes, at);
      case E4M3, E5M2, E2M1, E2M3, E3M2 ->
          unpackBytes(element.byteValues(), words, slot, planes, at);
      case F64, B1, S32 -> plain.unpack(element, words, slot, planes, at);
    }
  }

  private static void unpackSingles(int[] words, int slot, float[] planes, int at) {
    for (int i = 0; i < 32; i += LENGTH) {
      IntVector.fromArray(INTS, words, slot + i).reinterpretAsFloats().intoArray(planes, at + i);
    }
  }

  private static void unpackTruncated(int[] words, int slot, float[] planes, int at) {
    for (int i = 0; i < 32; i += LENGTH) {
      IntVector.fromArray(INTS, words, slot + i)
          .and(0xffff_e000)
          .reinterpretAsFloats()
          .intoArray(planes, at + i);
    }
  }

  private static void unpackIntegers(
      Element element, int[] words, int slot, float[] planes, int at) {
    int bits = element.bits();
    int mask = (1 << bits) - 1;
    // Flipping the sign bit and taking its weight off extends the sign.
    int sign = element.isSigned() ? 1 << bits - 1 : 0;
    for (int i = 0; i < 32; i += LENGTH) {
      IntVector word = IntVector.fromArray(INTS, words, slot + i);
      for (int e = 0; e < 32 / bits; e++) {
        IntVector value = word.and(mask).lanewise(VectorOperators.XOR, sign).sub(sign);
        ((FloatVector) value.convert(VectorOperators.I2F, 0)).intoArray(planes, at + e * 32 + i);
        word = word.lanewise(VectorOperators.LSHR, bits);
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
  public void multiply(Tiling tiling, Planes planes) {
    repeatRows(tiling, planes.b);
    spreadA(tiling, planes.a, planes.spread);
    int depth = tiling.depth();
    for (int rows = 0; rows < tiling.rowBlocks(); rows++) {
      int left = rows * depth * tiling.halves() * 32;
      for (int columns = 0; columns < tiling.columnBlocks(); columns++) {
        int to = tiling.accumulator(rows, columns, 0, 0) * 32;
        int right = tiling.rowOfB(columns, 0, 0);
        if (tiling.halves() == 2) {
          addBlock(depth, planes.spread, left, planes.b, right, planes.sums, to);
        } else {
          addHalf(depth, planes.spread, left, planes.b, right, planes.sums, to);
        }
      }
    }
  }

  private static void repeatRows(Tiling tiling, float[] b) {
    int rows = tiling.columnBlocks() * tiling.depth() * 2;
    for (int row = 0; row < rows; row++) {
      FloatVector.fromArray(FLOATS, b, row * Planes.REPEATED)
          .rearrange(REPEAT)
          .intoArray(b, row * Planes.REPEATED);
    }
  }

  /** For each k, the elements that the lanes of an accumulator need, half by half. */
  private static void spreadA(Tiling tiling, float[] a, float[] spread) {
    int packed = tiling.packed();
    int halves = tiling.halves();
    int planes = tiling.registersOfA() * packed;
    int perThread = packed * halves * 32;
    for (int plane = 0; plane < planes; plane++) {
      int register = plane / packed;
      int k = register / halves * 4 * packed + plane % packed;
      int to = (k * halves + register % halves) * 32;
      for (int lane = 0; lane < 32; lane += LENGTH) {
        FloatVector values = FloatVector.fromArray(FLOATS, a, plane * 32 + lane);
        values.rearrange(FIRST).intoArray(spread, to + lane);
        values.rearrange(SECOND).intoArray(spread, to + perThread + lane);
        values.rearrange(THIRD).intoArray(spread, to + 2 * perThread + lane);
        values.rearrange(FOURTH).intoArray(spread, to + 3 * perThread + lane);
      }
    }
  }

  /** 16 rows and 8 columns of D. */
  private static void addBlock(
      int depth, float[] a, int left, float[] b, int right, float[] sums, int to) {
    for (int lane = 0; lane < 32; lane += LENGTH) {
      FloatVector evenTop = FloatVector.fromArray(FLOATS, sums, to + lane);
      FloatVector oddTop = FloatVector.fromArray(FLOATS, sums, to + 32 + lane);
      FloatVector evenLow = FloatVector.fromArray(FLOATS, sums, to + 64 + lane);
      FloatVector oddLow = FloatVector.fromArray(FLOATS, sums, to + 96 + lane);
      for (int k = 0; k < depth; k++) {
        FloatVector top = FloatVector.fromArray(FLOATS, a, left + lane + k * 64);
        FloatVector low = FloatVector.fromArray(FLOATS, a, left + lane + 32 + k * 64);
        FloatVector even = FloatVector.fromArray(FLOATS, b, right + k * 32);
        FloatVector odd = FloatVector.fromArray(FLOATS, b, right + 16 + k * 32);
        evenTop = top.fma(even, evenTop);
        oddTop = top.fma(odd, oddTop);
        evenLow = low.fma(even, evenLow);
        oddLow = low.fma(odd, oddLow);
      }
      evenTop.intoArray(sums, to + lane);
      oddTop.intoArray(sums, to + 32 + lane);
      evenLow.intoArray(sums, to + 64 + lane);
      oddLow.intoArray(sums, to + 96 + lane);
    }
  }

  /** 8 rows and 8 columns of D. */
  private static void addHalf(
      int depth, float[] a, int left, float[] b, int right, float[] sums, int to) {
    for (int lane = 0; lane < 32; lane += LENGTH) {
      FloatVector even = FloatVector.fromArray(FLOATS, sums, to + lane);
      FloatVector odd = FloatVector.fromArray(FLOATS, sums, to + 32 + lane);
      for (int k = 0; k < depth; k++) {
        FloatVector row = FloatVector.fromArray(FLOATS, a, left + lane + k * 32);
        even = row.fma(FloatVector.fromArray(FLOATS, b, right + k * 32), even);
        odd = row.fma(FloatVector.fromArray(FLOATS, b, right + 16 + k * 32), odd);
      }
      even.intoArray(sums, to + lane);
      odd.intoArray(sums, to + 32 + lane);
    }
  }
}
