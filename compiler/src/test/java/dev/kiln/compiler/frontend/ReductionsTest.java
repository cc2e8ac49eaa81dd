package dev.kiln.compiler.frontend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.DType;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ReductionsTest {
  private static final double NAN = Double.NaN;

  private static double one(String expression, DType in, DType out, double... elements) {
    return KernelRun.of("LOADS\ntl.store(out, " + expression + ")")
        .with(in, elements)
        .floats(out, 1)[0];
  }

  private static long index(String expression, double... elements) {
    return KernelRun.of("LOADS\ntl.store(out, " + expression + ")")
        .with(DType.FP32, elements)
        .integers(DType.I32, 1)[0];
  }

  @Test
  void halvesAreSummedWithoutLosingBits() {
    double[] ones = new double[4096];
    Arrays.fill(ones, 1);
    // In fp16 the sum would stop at 2048.
    assertThat(one("tl.sum(x)", DType.FP16, DType.FP16, ones)).isEqualTo(4096);
    assertThat(
            one(
                "tl.cumsum(x)[None, :].reshape(4096).to(tl.float32).max()",
                DType.FP16,
                DType.FP32,
                ones))
        .isEqualTo(4096);
  }

  @Test
  void narrowIntegersDoNotOverflow() {
    long[] bytes = new long[256];
    Arrays.fill(bytes, 127);
    long[] sum =
        KernelRun.of("LOADS\ntl.store(out, tl.sum(x))")
            .with(DType.I8, bytes)
            .integers(DType.I32, 1);
    assertThat(sum).containsExactly(127L * 256);
  }

  @Test
  void sumsOfOneOperationStaySimple() {
    KernelText kernel =
        KernelText.body("p", "tl.store(p, tl.sum(tl.load(p + tl.arange(0, 64))))").with("*fp32");
    assertThat(kernel.ops(ComputeOp.Reduce.class))
        .singleElement()
        .satisfies(reduce -> assertThat(reduce.simpleKind()).isPresent());
  }

  @Test
  void nanLosesAgainstNumbers() {
    assertThat(one("tl.max(x)", DType.FP32, DType.FP32, 1, NAN, 3, 2)).isEqualTo(3);
    assertThat(one("tl.min(x)", DType.FP32, DType.FP32, NAN, 5, 3, NAN)).isEqualTo(3);
    assertThat(one("tl.max(x)", DType.FP32, DType.FP32, NAN, NAN)).isNaN();
    assertThat(index("tl.argmax(x, 0)", NAN, 1, NAN, 0)).isEqualTo(1);
    assertThat(index("tl.argmin(x, 0)", NAN, 1, NAN, 1)).isEqualTo(1);
    assertThat(index("tl.argmax(x, 0)", NAN, NAN, NAN, NAN)).isZero();
  }

  @Test
  void tiesGoToTheLeftWhateverIsAsked() {
    assertThat(index("tl.argmax(x, 0)", 0, 7, 7, 7)).isEqualTo(1);
    assertThat(index("tl.argmax(x, 0, tie_break_left=False)", 0, 7, 7, 7)).isEqualTo(1);
    assertThat(index("tl.argmin(x, 0)", 3, 1, 1, 3)).isEqualTo(1);
    assertThat(index("tl.max(x, 0, return_indices=True)[1]", 5, 5, 1, 5)).isZero();
  }

  @Test
  void extremesOfUnsignedIntegersAreUnsigned() {
    long[] values = {1, 0xffffffffL, 5, 2};
    assertThat(
            KernelRun.of("LOADS\ntl.store(out, tl.max(x))")
                .with(DType.U32, values)
                .integers(DType.U32, 1))
        .containsExactly(0xffffffffL);
    assertThat(
            KernelRun.of("LOADS\ntl.store(out, tl.argmin(x, 0))")
                .with(DType.U32, values)
                .integers(DType.I32, 1))
        .containsExactly(0);
  }

  @Test
  void rowsAndColumnsAreReducedApart() {
    double[] elements = {1, 2, 3, 4, 5, 6, 7, 8};
    String load = "t = tl.load(a + tl.arange(0, 2)[:, None] * 4 + tl.arange(0, 4)[None, :])\n";
    assertThat(
            KernelRun.of(load + "tl.store(out + tl.arange(0, 2), tl.sum(t, 1))")
                .with(DType.FP32, elements)
                .floats(DType.FP32, 2))
        .containsExactly(10, 26);
    assertThat(
            KernelRun.of(load + "tl.store(out + tl.arange(0, 4), tl.argmax(t, 0))")
                .with(DType.FP32, elements)
                .integers(DType.I32, 4))
        .containsExactly(1, 1, 1, 1);
    assertThat(
            KernelRun.of(load + "tl.store(out, tl.argmax(t, None))")
                .with(DType.FP32, elements)
                .integers(DType.I32, 1))
        .containsExactly(7);
    assertThat(
            KernelRun.of(load + "tl.store(out + tl.arange(0, 8), tl.softmax(t, 1).ravel())")
                .with(DType.FP32, elements)
                .floats(DType.FP32, 8))
        .satisfies(
            row -> assertThat(row[0] + row[1] + row[2] + row[3]).isCloseTo(1, within(1e-6)),
            row -> assertThat(row[3]).isCloseTo(row[7], within(1e-7)));
  }

  @Test
  void scansRunForwardAndBackward() {
    assertThat(
            KernelRun.expression("tl.cumsum(x, 0)")
                .with(DType.FP32, 1, 2, 3, 4)
                .floats(DType.FP32, 4))
        .containsExactly(1, 3, 6, 10);
    assertThat(
            KernelRun.expression("tl.cumsum(x, 0, reverse=True)")
                .with(DType.FP32, 1, 2, 3, 4)
                .floats(DType.FP32, 4))
        .containsExactly(10, 9, 7, 4);
    assertThat(
            KernelRun.expression("tl.cumprod(x, 0)")
                .with(DType.FP32, 1, 2, 3, 4)
                .floats(DType.FP32, 4))
        .containsExactly(1, 2, 6, 24);
  }

  @Test
  void bitsAreReduced() {
    assertThat(
            KernelRun.of(
                    "LOADS\ntl.store(out, tl.xor_sum(x))\ntl.store(out + 1, tl.reduce_or(x, 0))")
                .with(DType.I32, new long[] {1, 3, 8, 8})
                .integers(DType.I32, 2))
        .containsExactly(2, 11);
  }

  @Test
  void histogramsCountWhatIsInsideAndUnmasked() {
    assertThat(
            KernelRun.of("LOADS\ntl.store(out + tl.arange(0, 4), tl.histogram(x, 4, mask=i < 6))")
                .with(DType.I32, new long[] {0, 1, 1, 3, 7, -1, 0, 0})
                .integers(DType.I32, 4))
        .containsExactly(1, 2, 0, 1);
  }

  @Test
  void elementwiseFunctionsRunForPacksOfNeighbours() {
    double[] result =
        KernelRun.of(
                """
                def_ = 0
                s = tl.map_elementwise(tl.maximum, tl.load(a + tl.arange(0, 4)), tl.load(b + tl.arange(0, 4)))
                tl.store(out + tl.arange(0, 4), s)
                """)
            .with(DType.FP32, 1, 5, 2, 8)
            .with(DType.FP32, 4, 3, 6, 7)
            .floats(DType.FP32, 4);
    assertThat(result).containsExactly(4, 5, 6, 8);
  }
}
