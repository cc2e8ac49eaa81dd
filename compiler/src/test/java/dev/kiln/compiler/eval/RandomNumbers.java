package dev.kiln.compiler.eval;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.numeric.FloatFormat;
import dev.kiln.compiler.numeric.IntegerMath;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;

/** The choices of {@link RandomKernels}; the same for a seed on every machine. */
final class RandomNumbers {
  private static final DType[] COMMON = {
    DType.I32,
    DType.FP32,
    DType.I32,
    DType.FP32,
    DType.I64,
    DType.I16,
    DType.I8,
    DType.FP16,
    DType.BF16
  };
  private static final Shape[] SHAPES = {
    Shape.of(1),
    Shape.of(8),
    Shape.of(16),
    Shape.of(32),
    Shape.of(64),
    Shape.of(128),
    Shape.of(1, 16),
    Shape.of(16, 1),
    Shape.of(4, 8),
    Shape.of(8, 16),
    Shape.of(16, 16),
    Shape.of(2, 4, 8)
  };
  private static final Shape[] LARGE_SHAPES = {
    Shape.of(512), Shape.of(1024), Shape.of(16, 64), Shape.of(64, 16), Shape.of(4, 8, 16)
  };
  private static final DType[] FACTORS = {
    DType.FP16, DType.BF16, DType.FP16, DType.BF16, DType.FP32, DType.I8
  };

  private final SplittableRandom source;

  RandomNumbers(long seed) {
    source = new SplittableRandom(seed);
  }

  int below(int bound) {
    return source.nextInt(bound);
  }

  <T> T oneOf(T[] choices) {
    return choices[below(choices.length)];
  }

  DType dtype(RandomKernels.Features features, boolean hasE4nv) {
    int choice = below(12);
    if (choice == 0 && features.fp8()) {
      return fp8(hasE4nv);
    }
    if (choice == 1 && features.doubles()) {
      return DType.FP64;
    }
    return choice == 2 ? DType.I1 : oneOf(COMMON);
  }

  private DType fp8(boolean hasE4nv) {
    return below(2) == 0 && hasE4nv ? DType.FP8E4NV : DType.FP8E5;
  }

  /** A dtype of matrices that are multiplied. */
  DType factor(RandomKernels.Features features, boolean hasE4nv) {
    int choice = below(12);
    if (choice == 0 && features.fp8()) {
      return fp8(hasE4nv);
    }
    return choice == 1 && features.doubles() ? DType.FP64 : oneOf(FACTORS);
  }

  Shape shape() {
    return oneOf(below(8) == 0 ? LARGE_SHAPES : SHAPES);
  }

  /** A float with a preference for borders. */
  double special(DType dtype) {
    double number =
        switch (below(14)) {
          case 0 -> 0.0;
          case 1 -> -0.0;
          case 2 -> Double.POSITIVE_INFINITY;
          case 3 -> Double.NEGATIVE_INFINITY;
          case 4 -> Double.NaN;
          case 5 -> FloatFormat.largest(dtype);
          case 6 -> FloatFormat.fromBits(dtype, 1 + below(3));
          case 7 -> 1.0;
          case 8 -> below(200) - 100 + 0.5;
          case 9 -> Math.scalb(source.nextDouble() - 0.5, below(80) - 40);
          default -> below(64) - 32;
        };
    return FloatFormat.round(dtype, number);
  }

  /** An integer, as {@link IntegerMath} holds it, with a preference for borders. */
  long specialLong(DType dtype) {
    long number =
        switch (below(8)) {
          case 0 -> IntegerMath.smallest(dtype);
          case 1 -> ~IntegerMath.smallest(dtype);
          case 2 -> -1 - below(3);
          case 3 -> dtype.bits() - 1 + below(3);
          case 4 -> source.nextLong();
          default -> below(16);
        };
    return IntegerMath.wrap(dtype, number);
  }

  /** The bytes of an array of such numbers. */
  byte[] content(DType dtype, int count) {
    return bytes(
        dtype,
        count,
        () -> dtype.isFloat() ? FloatFormat.toBits(dtype, special(dtype)) : specialLong(dtype));
  }

  /** The bytes of an array of integers that every float dtype holds, of integers any. */
  byte[] smallContent(DType dtype, int count) {
    return bytes(
        dtype,
        count,
        () -> dtype.isFloat() ? FloatFormat.toBits(dtype, below(6) - 3) : below(256) - 128);
  }

  private static byte[] bytes(DType dtype, int count, LongSupplier numbers) {
    byte[] content = new byte[count * dtype.bytes()];
    for (int i = 0; i < count; i++) {
      long bits = numbers.getAsLong();
      for (int b = 0; b < dtype.bytes(); b++) {
        content[i * dtype.bytes() + b] = (byte) (bits >>> (8 * b));
      }
    }
    return content;
  }
}
