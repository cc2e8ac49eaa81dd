package dev.kiln.compiler.jvm.support;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import dev.kiln.compiler.ir.DType;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** Copies runs of neighbouring numbers in vectors, widened to 32 bits. */
final class Widening {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Short> SHORTS = narrower(short.class, 2);
  private static final VectorSpecies<Byte> BYTES = narrower(byte.class, 4);
  private static final int LANES = FLOATS.length();
  private static final ByteOrder LITTLE = ByteOrder.LITTLE_ENDIAN;
  private static final int SMALLEST_VECTOR_BITS = 64;

  // fp16 read as fp32 has an exponent that is too small by the difference of the biases.
  private static final int FP16_SHIFT = 13;
  private static final float FP16_SCALE = 0x1p112f;
  private static final int FP16_INFINITY = 0x7c00 << FP16_SHIFT;

  private Widening() {}

  private static <E> VectorSpecies<E> narrower(Class<E> type, int factor) {
    int bits = Math.max(SMALLEST_VECTOR_BITS, FLOATS.vectorBitSize() / factor);
    return VectorSpecies.of(type, VectorShape.forBitSize(bits));
  }

  /** Whether {@link #copy} takes numbers of a type for an accumulator of a type. */
  static boolean isSupported(DType from, DType to) {
    return switch (to) {
      case FP32 ->
          from == DType.FP32
              || (from == DType.BF16 || from == DType.FP16) && SHORTS.length() == LANES;
      case FP64 -> from == DType.FP64;
      case I32 -> from == DType.I32 || from == DType.I8 && BYTES.length() == LANES;
      default -> false;
    };
  }

  /** Copies {@code n} numbers. */
  static void copy(MemorySegment memory, DType dtype, boolean signed, long from, long to, int n) {
    switch (dtype) {
      case FP64 -> words(memory, from, to, 2 * n);
      case BF16 -> bf16(memory, from, to, n);
      case FP16 -> fp16(memory, from, to, n);
      case I8 -> bytes(memory, signed, from, to, n);
      default -> words(memory, from, to, n);
    }
  }

  private static void words(MemorySegment anyMemory, long from, long to, int n) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    if (n == 2 * LANES) {
      // Rows of most panels: the JIT's loop would take longer to start than to run.
      vector(memory, from, to);
      vector(memory, from + 4L * LANES, to + 4L * LANES);
      return;
    }
    int j = 0;
    for (; j <= n - LANES; j += LANES) {
      vector(memory, from + 4L * j, to + 4L * j);
    }
    for (; j < n; j++) {
      memory.set(JAVA_INT_UNALIGNED, to + 4L * j, memory.get(JAVA_INT_UNALIGNED, from + 4L * j));
    }
  }

  private static void vector(MemorySegment memory, long from, long to) {
    // Without the cast the JIT may not know the vector's class, and copies lane by lane.
    IntVector words =
        (IntVector) INTS.vectorType().cast(IntVector.fromMemorySegment(INTS, memory, from, LITTLE));
    words.intoMemorySegment(memory, to, LITTLE);
  }

  private static void bf16(MemorySegment anyMemory, long from, long to, int n) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    int j = 0;
    for (; j <= n - LANES; j += LANES) {
      IntVector bits =
          (IntVector)
              ShortVector.fromMemorySegment(SHORTS, memory, from + 2L * j, LITTLE)
                  .convertShape(VectorOperators.S2I, INTS, 0);
      bits.lanewise(VectorOperators.LSHL, 16).intoMemorySegment(memory, to + 4L * j, LITTLE);
    }
    tail(memory, DType.BF16, from, to, j, n);
  }

  private static void fp16(MemorySegment anyMemory, long from, long to, int n) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    int j = 0;
    for (; j <= n - LANES; j += LANES) {
      IntVector bits =
          (IntVector)
              ShortVector.fromMemorySegment(SHORTS, memory, from + 2L * j, LITTLE)
                  .convertShape(VectorOperators.S2I, INTS, 0);
      IntVector sign =
          bits.lanewise(VectorOperators.AND, 0x8000).lanewise(VectorOperators.LSHL, 16);
      IntVector magnitude =
          bits.lanewise(VectorOperators.AND, 0x7fff).lanewise(VectorOperators.LSHL, FP16_SHIFT);
      IntVector number =
          magnitude
              .reinterpretAsFloats()
              .lanewise(VectorOperators.MUL, FP16_SCALE)
              .reinterpretAsInts();
      number
          .blend(
              magnitude.lanewise(VectorOperators.OR, 0x7f800000),
              magnitude.compare(VectorOperators.GE, FP16_INFINITY))
          .lanewise(VectorOperators.OR, sign)
          .intoMemorySegment(memory, to + 4L * j, LITTLE);
    }
    tail(memory, DType.FP16, from, to, j, n);
  }

  private static void tail(
      MemorySegment anyMemory, DType dtype, long from, long to, int first, int n) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    for (int j = first; j < n; j++) {
      memory.set(JAVA_FLOAT_UNALIGNED, to + 4L * j, Operands.floatAt(memory, from + 2L * j, dtype));
    }
  }

  private static void bytes(MemorySegment anyMemory, boolean signed, long from, long to, int n) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    int mask = signed ? -1 : 0xff;
    int j = 0;
    for (; j <= n - LANES; j += LANES) {
      IntVector numbers =
          (IntVector)
              ByteVector.fromMemorySegment(BYTES, memory, from + j, LITTLE)
                  .convertShape(VectorOperators.B2I, INTS, 0);
      numbers.lanewise(VectorOperators.AND, mask).intoMemorySegment(memory, to + 4L * j, LITTLE);
    }
    for (; j < n; j++) {
      memory.set(
          JAVA_INT_UNALIGNED, to + 4L * j, Operands.intAt(memory, from + j, DType.I8, signed));
    }
  }
}
