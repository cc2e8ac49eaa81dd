package dev.kiln.compiler.frontend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SortingTest {
  private final Random random = new Random(17);

  private double[] elements(int count) {
    return random.doubles(count, -100, 100).map(x -> (float) Math.rint(x)).toArray();
  }

  private static double[] descending(double[] elements) {
    double[] result = Arrays.stream(elements).sorted().toArray();
    for (int i = 0; i < result.length / 2; i++) {
      double t = result[i];
      result[i] = result[result.length - 1 - i];
      result[result.length - 1 - i] = t;
    }
    return result;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 8, 64})
  void rowsAreSortedBothWays(int n) {
    double[] elements = elements(n);
    assertThat(KernelRun.expression("tl.sort(x)").with(DType.FP32, elements).floats(DType.FP32, n))
        .containsExactly(Arrays.stream(elements).sorted().toArray());
    assertThat(
            KernelRun.expression("tl.sort(x, descending=True)")
                .with(DType.FP32, elements)
                .floats(DType.FP32, n))
        .containsExactly(descending(elements));
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"I8", "I16", "I32", "I64", "U8", "U16", "U32", "U64"})
  void integersOfEveryTypeAreSorted(DType dtype) {
    long[] elements = {
      5, 100, dtype.isSigned() ? -3 : 3, 0, 127, 1, 2, dtype.isSigned() ? -128 : 200
    };
    assertThat(KernelRun.expression("tl.sort(x)").with(dtype, elements).integers(dtype, 8))
        .containsExactly(Arrays.stream(elements).sorted().toArray());
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"FP16", "BF16", "FP32", "FP64", "FP8E5", "FP8E4NV"})
  void nanCountsAsTheLargestAndZerosHaveAnOrder(DType dtype) {
    double[] elements = {1, Double.NaN, -2, 0.0, -0.0, 2, -1, 0.5};
    assertThat(KernelRun.expression("tl.sort(x)").with(dtype, elements).floats(dtype, 8))
        .containsExactly(-2, -1, -0.0, 0.0, 0.5, 1, 2, Double.NaN);
  }

  @Test
  void rowsOfAMatrixAreSortedApart() {
    double[] elements = {4, 1, 3, 2, 8, 7, 6, 5};
    assertThat(
            KernelRun.of(
                    "t = tl.sort(tl.load(a + tl.arange(0, 8)).reshape(2, 4))\n"
                        + "tl.store(out + tl.arange(0, 8), t.ravel())")
                .with(DType.FP32, elements)
                .floats(DType.FP32, 8))
        .containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 16, 32})
  void theBestAreFound(int k) {
    double[] elements = elements(32);
    String body = "LOADS\ntl.store(out + tl.arange(0, %d), tl.topk(x, %d%s))";
    assertThat(
            KernelRun.of(body.formatted(k, k, "")).with(DType.FP32, elements).floats(DType.FP32, k))
        .containsExactly(Arrays.copyOf(descending(elements), k));
    assertThat(
            KernelRun.of(body.formatted(k, k, ", descending=False"))
                .with(DType.FP32, elements)
                .floats(DType.FP32, k))
        .containsExactly(Arrays.copyOf(Arrays.stream(elements).sorted().toArray(), k));
  }

  @Test
  void theBestOfEachRowAreFound() {
    assertThat(
            KernelRun.of(
                    "t = tl.topk(tl.load(a + tl.arange(0, 8)).reshape(2, 4), 2)\n"
                        + "tl.store(out + tl.arange(0, 4), t.ravel())")
                .with(DType.I32, new long[] {4, 1, 3, 2, 5, 7, 6, 8})
                .integers(DType.I32, 4))
        .containsExactly(4, 3, 8, 7);
  }

  @Test
  void bitonicRunsAreMerged() {
    assertThat(
            KernelRun.expression("tl.bitonic_merge(x)")
                .with(DType.FP32, 1, 4, 6, 9, 8, 5, 3, 2)
                .floats(DType.FP32, 8))
        .containsExactly(1, 2, 3, 4, 5, 6, 8, 9);
  }

  @Test
  void axesAreFlipped() {
    assertThat(
            KernelRun.expression("tl.flip(x)").with(DType.FP32, 1, 2, 3, 4).floats(DType.FP32, 4))
        .containsExactly(4, 3, 2, 1);
    assertThat(
            KernelRun.of(
                    "t = tl.flip(tl.load(a + tl.arange(0, 4)).reshape(2, 2), 0)\n"
                        + "tl.store(out + tl.arange(0, 4), t.ravel())")
                .with(DType.FP32, 1, 2, 3, 4)
                .floats(DType.FP32, 4))
        .containsExactly(3, 4, 1, 2);
  }

  @Test
  void pairsAreInterleaved() {
    assertThat(
            KernelRun.of("LOADS\ntl.store(out + tl.arange(0, 8), tl.interleave(x, -x))")
                .with(DType.FP32, 1, 2, 3, 4)
                .floats(DType.FP32, 8))
        .containsExactly(1, -1, 2, -2, 3, -3, 4, -4);
  }

  @Test
  void kernelsThatSortForThemselvesFindTheLibrarysParts() {
    KernelText kernel =
        KernelText.body(
                "out, n",
                """
                steps: tl.constexpr = tl.standard._log2(32)
                bits = tl.core.get_int_dtype(bitwidth=32, signed=True)
                again = n.to(tl.float32).to(bits, bitcast=True).to(tl.float32, bitcast=True)
                tl.store(out, 10 * steps + again.to(tl.int32))
                """)
            .with("out=*i32, n=i32");
    assertThat(kernel.run(4)).isEqualTo(54);
  }
}
