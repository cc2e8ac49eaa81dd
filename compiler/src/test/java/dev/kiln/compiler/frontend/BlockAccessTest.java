package dev.kiln.compiler.frontend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Block pointers, descriptors, atomics and booleans in memory, run by the evaluator. */
class BlockAccessTest {
  /** A matrix of 3 rows and 5 columns that counts from 1. */
  private static final double[] MATRIX = IntStream.rangeClosed(1, 15).asDoubleStream().toArray();

  private static double[] run(String body, int count) {
    return KernelRun.of(body).with(DType.FP32, MATRIX).floats(DType.FP32, count);
  }

  @Test
  void blockPointersReadWhatIsInsideAndPadTheRest() {
    String body =
        """
        p = tl.make_block_ptr(a, (3, 5), (5, 1), (2, 4), (2, 2), (1, 0))
        t = tl.load(p, boundary_check=(0, 1), padding_option="%s")
        tl.store(out + tl.arange(0, 4), t.ravel())
        """;
    assertThat(run(body.formatted("zero"), 4)).containsExactly(15, 0, 0, 0);
    assertThat(run(body.formatted("nan"), 4))
        .containsExactly(15, Double.NaN, Double.NaN, Double.NaN);
    assertThat(run(body.formatted(""), 4)).containsExactly(15, 0, 0, 0);
  }

  @Test
  void axesThatAreNotCheckedReadOn() {
    double[] block =
        run(
            """
            p = tl.make_block_ptr(a, (3, 5), (5, 1), (0, 4), (2, 2), (1, 0))
            tl.store(out + tl.arange(0, 4), tl.load(p, boundary_check=(0,)).ravel())
            """,
            4);
    assertThat(block).containsExactly(5, 6, 10, 11);
  }

  @Test
  void indicesBelowZeroAreOutside() {
    double[] block =
        run(
            """
            p = tl.make_block_ptr(a, (3, 5), (5, 1), (-1, -1), (2, 2), (1, 0))
            tl.store(out + tl.arange(0, 4), tl.load(p, boundary_check=(0, 1), padding_option="zero").ravel())
            """,
            4);
    assertThat(block).containsExactly(0, 0, 0, 1);
  }

  @Test
  void blockPointersAdvanceInLoops() {
    double[] sum =
        run(
            """
            p = tl.make_block_ptr(a, (3, 5), (5, 1), (0, 0), (4, 2), (1, 0))
            acc = tl.zeros((4, 2), tl.float32)
            for _ in range(0, 3):
                acc += tl.load(p, boundary_check=(0, 1), padding_option="zero")
                p = tl.advance(p, (0, 2))
            tl.store(out, tl.sum(acc))
            """,
            1);
    assertThat(sum).containsExactly(120);
  }

  @Test
  void transposedBlocksFollowTheStrides() {
    double[] block =
        run(
            """
            p = tl.make_block_ptr(a, (5, 3), (1, 5), (1, 0), (2, 2), (0, 1))
            tl.store(out + tl.arange(0, 4), tl.load(p).ravel())
            """,
            4);
    assertThat(block).containsExactly(2, 7, 3, 8);
  }

  @Test
  void blockPointersWriteOnlyInside() {
    double[] out =
        run(
            """
            p = tl.make_block_ptr(out, (2, 3), (3, 1), (0, 2), (2, 2), (1, 0))
            tl.store(p, tl.full((2, 2), 7, tl.float32), boundary_check=(0, 1))
            """,
            6);
    assertThat(out).containsExactly(0, 0, 7, 0, 0, 7);
  }

  @Test
  void descriptorsReadWriteAndAddInsideTheirBounds() {
    double[] out =
        run(
            """
            d = tl.make_tensor_descriptor(a, [3, 5], [5, 1], [2, 4])
            t = d.load([2, 2])
            e = tl.make_tensor_descriptor(out, [2, 4], [4, 1], [2, 4])
            e.store([0, 0], t)
            e.atomic_add([0, 2], t)
            """,
            8);
    assertThat(out).containsExactly(13, 14, 28, 14, 0, 0, 0, 0);
  }

  @Test
  void descriptorsPadWithNanWhenAsked() {
    double[] out =
        run(
            """
            d = tl.make_tensor_descriptor(a, [3, 5], [5, 1], [1, 4], padding_option="nan")
            tl.store(out + tl.arange(0, 4), d.load([0, 3]).ravel())
            """,
            4);
    assertThat(out).containsExactly(4, 5, Double.NaN, Double.NaN);
  }

  @Test
  void descriptorsOfTheHostTakeTheirPartsAsArguments() {
    KernelText kernel =
        KernelText.body("out, d", "tl.store(out + tl.arange(0, 64), tl.sum(d.load([0, 0])))\n")
            .with("*fp32, desc<fp32, 4, 8>");
    assertThat(kernel.lower().params()).hasSize(6);
  }

  @Test
  void anyByteButZeroIsTrue() {
    long[] flags =
        KernelRun.of("LOADS\ntl.store(out + tl.arange(0, 4), tl.where(x, 10, 20))")
            .with(DType.I1, new long[] {0, 1, 2, 255})
            .integers(DType.I32, 4);
    assertThat(flags).containsExactly(20, 10, 10, 10);
    assertThat(
            KernelRun.of("LOADS\ntl.store(out + tl.arange(0, 4), x > 1)")
                .with(DType.I32, new long[] {0, 1, 2, 3})
                .integers(DType.U8, 4))
        .containsExactly(0, 0, 1, 1);
  }

  @Test
  void maskedLoadsGiveTheOtherValueOrZero() {
    assertThat(
            run(
                "tl.store(out + tl.arange(0, 4), tl.load(a + tl.arange(0, 4), mask=tl.arange(0, 4)"
                    + " < 2, other=-1))",
                4))
        .containsExactly(1, 2, -1, -1);
    assertThat(
            run(
                "tl.store(out + tl.arange(0, 4), tl.load(a + tl.arange(0, 4), mask=tl.arange(0, 4)"
                    + " < 2))",
                4))
        .containsExactly(1, 2, 0, 0);
  }

  @Test
  void rowsAreGatheredInAnyOrder() {
    double[] rows =
        run(
            """
            d = tl.make_tensor_descriptor(a, (3, 5), (5, 1), (1, 8))
            i = tl.arange(0, 8)
            t = d.gather(2 - i, 3)
            tl.store(out + tl.arange(0, 64), t.ravel())
            """,
            64);
    assertThat(java.util.Arrays.copyOf(rows, 24))
        .containsExactly(14, 15, 0, 0, 0, 0, 0, 0, 9, 10, 0, 0, 0, 0, 0, 0, 4, 5, 0, 0, 0, 0, 0, 0);
    assertThat(java.util.Arrays.copyOfRange(rows, 24, 64)).containsOnly(0);
  }

  @Test
  void rowsAreScatteredWhereTheyExist() {
    double[] rows =
        run(
            """
            d = tl.make_tensor_descriptor(out, (4, 16), (16, 1), (1, 8))
            i = tl.arange(0, 8)
            d.scatter((tl.arange(0, 64) + 1.0).reshape(8, 8), (3 - i).to(tl.int16), 10)
            """,
            64);
    assertThat(java.util.Arrays.copyOfRange(rows, 58, 64)).containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(java.util.Arrays.copyOfRange(rows, 10, 16)).containsExactly(25, 26, 27, 28, 29, 30);
    assertThat(java.util.Arrays.copyOf(rows, 10)).containsOnly(0);
  }

  @Test
  void gatheringTakesARowAtATime() {
    assertThatThrownBy(
            () ->
                run(
                    """
                    d = tl.make_tensor_descriptor(a, (3, 5), (5, 1), (2, 8))
                    d.gather(tl.arange(0, 8), 0)
                    """,
                    1))
        .hasMessageContaining("the descriptor must have blocks of one row");
  }

  @Test
  void atomicsReturnWhatWasThere() {
    long[] out =
        KernelRun.of(
                """
                i = tl.arange(0, 4)
                tl.store(out + i, 5)
                tl.debug_barrier()
                old = tl.atomic_add(out + i, i, mask=i < 2)
                tl.store(out + 4 + i, old)
                tl.store(out + 8, tl.atomic_cas(out, 5, 9))
                tl.store(out + 9, tl.atomic_xchg(out, 3))
                tl.store(out + 10, tl.atomic_max(out, -4))
                tl.store(out + 11, tl.atomic_min(out + 1, -4))
                """)
            .integers(DType.I32, 12);
    assertThat(out).containsExactly(3, -4, 5, 5, 5, 5, 0, 0, 5, 9, 3, 6);
  }

  @Test
  void unsignedMaximaAreUnsigned() {
    long[] out =
        KernelRun.of("tl.store(out, 5)\ntl.atomic_max(out, 4294967295)").integers(DType.U32, 1);
    assertThat(out).containsExactly(0xffffffffL);
  }

  @Test
  void productsOfMatricesAreSummed() {
    double[] out =
        KernelRun.of(
                """
                x = tl.full((16, 16), 2, tl.float16)
                y = tl.full((16, 16), 3, tl.float16)
                acc = tl.full((16, 16), 1, tl.float32)
                tl.store(out + tl.arange(0, 256), tl.dot(x, y, acc).ravel())
                """)
            .floats(DType.FP32, 256);
    assertThat(out).containsOnly(97);
  }

  @Test
  void unsignedBytesMultiplyUnsigned() {
    long[] out =
        KernelRun.of(
                """
                x = tl.full((16, 32), 200, tl.uint8)
                y = tl.full((32, 16), 200, tl.uint8)
                tl.store(out + tl.arange(0, 256), tl.dot(x, y).ravel())
                """)
            .integers(DType.I32, 256);
    assertThat(out).containsOnly(32 * 200 * 200);
  }
}
