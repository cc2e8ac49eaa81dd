package dev.kiln.tests.gpu;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Grid;
import dev.kiln.tests.rules.HostArray;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Functions of libdevice in kernels for GPUs: made of the operations that PTX is emitted for. */
class LibdeviceGpuTest {
  private static final int SIZE = 256;
  private static final double INF = Double.POSITIVE_INFINITY;

  private static final double[] SPECIAL = {
    0.0,
    -0.0,
    1,
    -1,
    0.5,
    -0.5,
    2,
    -2,
    1.5,
    2.5,
    -3.5,
    1e-30,
    -1e-30,
    1e-6,
    1e30,
    -1e30,
    1e-40,
    INF,
    -INF,
    Double.NaN,
    3.4e38,
    0.99999994,
    1e6,
    100,
    -100
  };

  /** Bits of all but NaN, so that the evaluator's must be the very same. */
  private static final String KERNEL =
      """
      import triton
      import triton.language as tl
      from triton.language.extra import libdevice

      @triton.jit
      def apply(x_ptr, y_ptr, bits_ptr, N: tl.constexpr):
          i = tl.arange(0, N)
          x = tl.load(x_ptr + i)
          y = tl.load(y_ptr + i)
          result = CALL
          bits = result.to(tl.BITS, bitcast=True)
          tl.store(bits_ptr + i, tl.where(result != result, 0, bits))
      """;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "trunc(x)",
        "round(x)",
        "rint(x)",
        "nearbyint(x)",
        "floor(x)",
        "ceil(x)",
        "div_rn(x, y)",
        "fmod(x, y)",
        "remainder(x, y)",
        "sqrt_rn(x)",
        "rcp_rn(x)",
        "fma_rn(x, y, x)",
        "copysign(x, y)",
        "nextafter(x, y)",
        "rsqrt_rn(x)",
        "log1p(x)",
        "expm1(x)",
        "pow(x, y)",
        "atan(x)",
        "asin(x)",
        "acos(x)",
        "atan2(x, y)",
        "tan(x)",
        "sinh(x)",
        "cosh(x)",
        "asinh(x)",
        "acosh(x)",
        "atanh(x)",
        "log10(x)",
        "exp10(x)",
        "cbrt(x)",
        "hypot(x, y)",
        "sinpi(x)",
        "cospi(x)",
        "erfc(x)",
        "ldexp(x, 3)",
        "fdim(x, y)",
        "saturatef(x)"
      })
  void hasTheBitsOfTheEvaluator(String call) {
    check("libdevice." + call, "int32", DType.FP32, DType.I32);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"pow(x, y)", "log1p(x)", "fmod(x, y)", "tanh(x)", "erf(x)", "exp(x)", "log2(x)"})
  void hasTheBitsOfTheEvaluatorInFp64(String call) {
    check("libdevice." + call, "int64", DType.FP64, DType.I64);
  }

  @ParameterizedTest
  @CsvSource({"isinf", "isnan", "finitef", "signbit", "llrint", "llround", "ilogb"})
  void givesWholeNumbersAsTheEvaluator(String name) {
    String text =
        KERNEL
            .replace("result = CALL", "result = libdevice." + name + "(x)")
            .replace("bits = result.to(tl.BITS, bitcast=True)", "bits = result.to(tl.int64)")
            .replace("tl.where(result != result, 0, bits)", "bits");
    run(text, DType.FP32, DType.I64);
  }

  private static void check(String call, String bits, DType dtype, DType result) {
    run(KERNEL.replace("CALL", call).replace("BITS", bits), dtype, result);
  }

  private static void run(String text, DType dtype, DType result) {
    GpuTrial.of(text, Grid.of(1))
        .on(Target.SM_80)
        .check(numbers(dtype, 1), numbers(dtype, 2), HostArray.unwritten(result, SIZE), SIZE);
  }

  private static HostArray numbers(DType dtype, long seed) {
    var random = new SplittableRandom(seed);
    double[] values = new double[SIZE];
    Arrays.setAll(
        values,
        i -> {
          if (i < SPECIAL.length) {
            return SPECIAL[(int) (i * seed % SPECIAL.length)];
          }
          double value = random.nextDouble(-1, 1) * (i % 3 == 0 ? 1 : i % 3 == 1 ? 10 : 1000);
          return dtype == DType.FP32 ? (float) value : value;
        });
    return new HostArray(dtype, values, new long[] {SIZE});
  }
}
