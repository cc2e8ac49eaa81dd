package dev.kiln.tests.gpu;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Grid;
import dev.kiln.tests.rules.HostArray;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Remainders of floats by numbers, which are shorter if these are powers of two. */
class RemainderByNumberTest {
  private static final int SIZE = 256;
  private static final double[] SPECIAL = {
    0.0, -0.0, 4, -4, 3.999, -2, 1e-40, 1e30, -3e38, Double.POSITIVE_INFINITY, Double.NaN
  };

  @ParameterizedTest
  @CsvSource({
    "FP32, int32, 4.0",
    "FP32, int32, 1.0",
    "FP32, int32, 3.0",
    "FP32, int32, 0.5",
    "FP64, int64, 4.0",
    "FP64, int64, 1024.0",
    "FP64, int64, 7.0"
  })
  void hasTheBitsOfTheEvaluator(DType dtype, String bits, String divisor) {
    String text =
        """
        import triton
        import triton.language as tl

        @triton.jit
        def apply(x_ptr, bits_ptr, N: tl.constexpr):
            i = tl.arange(0, N)
            result = tl.load(x_ptr + i) % DIVISOR
            bits = result.to(tl.BITS, bitcast=True)
            tl.store(bits_ptr + i, tl.where(result != result, 0, bits))
        """
            .replace("DIVISOR", divisor)
            .replace("BITS", bits);
    var random = new SplittableRandom(5);
    double[] values = new double[SIZE];
    Arrays.setAll(
        values,
        i -> {
          double value =
              i < SPECIAL.length
                  ? SPECIAL[i]
                  : Math.scalb(random.nextDouble(-1, 1), random.nextInt(-4, 60));
          return dtype == DType.FP32 ? (float) value : value;
        });
    DType result = dtype == DType.FP32 ? DType.I32 : DType.I64;
    GpuTrial.of(text, Grid.of(1))
        .on(Target.SM_80)
        .check(
            new HostArray(dtype, values, new long[] {SIZE}),
            HostArray.unwritten(result, SIZE),
            SIZE);
  }
}
