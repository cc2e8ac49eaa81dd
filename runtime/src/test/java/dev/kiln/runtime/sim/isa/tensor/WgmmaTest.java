package dev.kiln.runtime.sim.isa.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.exec.Block;
import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.WaitingStep;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.SingleStep;
import dev.kiln.runtime.sim.memory.Access;
import dev.kiln.runtime.sim.monitor.Monitor;
import dev.kiln.runtime.sim.program.MalformedInstruction;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class WgmmaTest {
  private static final Step COMMIT = SingleStep.of("wgmma.commit_group.sync.aligned").decode();
  private static final Step WAIT =
      SingleStep.of("wgmma.wait_group.sync.aligned").literal(0L).decode();
  private static final Step WAIT_ONE =
      SingleStep.of("wgmma.wait_group.sync.aligned").literal(1L).decode();
  private static final Step FENCE = SingleStep.of("wgmma.fence.sync.aligned").decode();

  /** The other warps of the warpgroup are not there: nobody has to be waited for. */
  private static void await(Step wait, Warp warp) {
    assertThat(((WaitingStep) wait).arrive(warp)).isNull();
  }

  /** A product with A and B in shared memory. */
  record Form(int n, int k, String d, String a, String b, SharedLayout ofA, SharedLayout ofB) {
    String mnemonic() {
      String operation = a.equals("b1") ? ".and.popc" : "";
      return "wgmma.mma_async.sync.aligned.m64n"
          + n
          + "k"
          + k
          + "."
          + d
          + "."
          + a
          + "."
          + b
          + operation;
    }

    int registersOfD() {
      return d.equals("f16") ? n / 4 : n / 2;
    }

    boolean sixteen() {
      return Matrices.bits(a) == 16;
    }
  }

  static Stream<Form> forms() {
    List<Form> forms = new ArrayList<>();
    String[][] types = {
      {"f32", "f16", "f16"},
      {"f16", "f16", "f16"},
      {"f32", "bf16", "bf16"},
      {"f32", "tf32", "tf32"},
      {"f32", "e4m3", "e5m2"},
      {"f16", "e5m2", "e5m2"},
      {"s32", "s8", "u8"},
      {"s32", "u8", "s8"},
      {"s32", "b1", "b1"}
    };
    for (String[] t : types) {
      int bits = Matrices.bits(t[1]);
      for (int swizzle : new int[] {16, 32, 64, 128}) {
        for (int n : new int[] {8, 32, 208}) {
          forms.add(
              new Form(
                  n,
                  256 / bits,
                  t[0],
                  t[1],
                  t[2],
                  alongK(swizzle, bits, 1024, 64),
                  alongK(swizzle, bits, 32768, n)));
        }
      }
    }
    for (int swizzle : new int[] {16, 32, 64, 128}) {
      for (int n : new int[] {8, 64, 256}) {
        forms.add(
            new Form(
                n,
                16,
                "f32",
                "f16",
                "f16",
                acrossK(swizzle, 1024, 64),
                acrossK(swizzle, 32768, n)));
        forms.add(
            new Form(
                n,
                16,
                "f32",
                "bf16",
                "bf16",
                alongK(128, 16, 1024, 64),
                acrossK(swizzle, 32768, n)));
      }
    }
    // The pattern starts at 2 times 128 bytes, and so does the matrix.
    forms.add(
        new Form(
            16,
            16,
            "f32",
            "f16",
            "f16",
            new SharedLayout(false, 128, 16, 1024 + 256, 16, 1024),
            new SharedLayout(false, 128, 16, 32768 + 512, 16, 1024)));
    return forms.stream();
  }

  private static SharedLayout alongK(int swizzle, int bits, int start, int rows) {
    // Without swizzling, chunks of one k follow each other for all rows.
    int leading = swizzle == 16 ? rows * 16 : 16;
    return new SharedLayout(false, swizzle, bits, start, leading, swizzle * 8);
  }

  private static SharedLayout acrossK(int swizzle, int start, int columns) {
    return swizzle == 16
        ? new SharedLayout(true, swizzle, 16, start, columns * 16, 128)
        : new SharedLayout(true, swizzle, 16, start, 2 * 8 * swizzle, 8 * swizzle);
  }

  @ParameterizedTest
  @MethodSource("forms")
  void multipliesMatricesOfSharedMemory(Form form) {
    SplittableRandom random = new SplittableRandom(form.hashCode());
    long[][] a = MmaTest.random(64, form.k(), form.a(), random);
    long[][] b = MmaTest.random(form.k(), form.n(), form.b(), random);
    Block block = filled(form, a, b);
    long[][] expected = product(form, a, b);
    for (int warp = 0; warp < 4; warp++) {
      SingleStep step = issue(form, warp, block);
      SingleStep.Result result = form.sixteen() ? sixteen(step, form).run() : finish(step, form);
      COMMIT.run(result.warp());
      await(WAIT, result.warp());
      checkRows(form, result, warp, expected);
    }
  }

  private static SingleStep.Result finish(SingleStep step, Form form) {
    boolean integer = form.d().equals("s32");
    return integer ? step.run() : step.literal(1L).literal(1L).run();
  }

  private static SingleStep sixteen(SingleStep step, Form form) {
    return step.literal(1L)
        .literal(1L)
        .literal(form.ofA().across() ? 1L : 0L)
        .literal(form.ofB().across() ? 1L : 0L);
  }

  private static Block filled(Form form, long[][] a, long[][] b) {
    Block block = TensorBlock.shared(65536);
    for (int row = 0; row < 64; row++) {
      for (int k = 0; k < form.k(); k++) {
        form.ofA().write(block.shared.bytes(), row, k, a[row][k]);
      }
    }
    for (int column = 0; column < form.n(); column++) {
      for (int k = 0; k < form.k(); k++) {
        form.ofB().write(block.shared.bytes(), column, k, b[k][column]);
      }
    }
    return block;
  }

  private static SingleStep issue(Form form, int warp, Block block) {
    return SingleStep.of(form.mnemonic())
        .outMatrix(PtxType.B32, form.registersOfD())
        .in(PtxType.B64, form.ofA().descriptor())
        .in(PtxType.B64, form.ofB().descriptor())
        .in(PtxType.PRED, 0L)
        .warp(warp)
        .block(block);
  }

  /** Raw bits of A times B. */
  private static long[][] product(Form form, long[][] a, long[][] b) {
    BigDecimal[][] left = values(form.a(), a);
    BigDecimal[][] right = values(form.b(), b);
    long[][] product = new long[64][form.n()];
    for (int row = 0; row < 64; row++) {
      for (int column = 0; column < form.n(); column++) {
        BigDecimal sum = BigDecimal.ZERO;
        for (int k = 0; k < form.k(); k++) {
          sum = sum.add(left[row][k].multiply(right[k][column]));
        }
        product[row][column] = Matrices.raw(form.d(), sum);
      }
    }
    return product;
  }

  private static BigDecimal[][] values(String type, long[][] raw) {
    BigDecimal[][] values = new BigDecimal[raw.length][raw[0].length];
    for (int i = 0; i < raw.length; i++) {
      for (int j = 0; j < raw[0].length; j++) {
        values[i][j] = Matrices.value(type, raw[i][j]);
      }
    }
    return values;
  }

  /** By the figures of PTX ISA 9.7.15.5.1.1: 16 rows for each warp. */
  private static void checkRows(Form form, SingleStep.Result result, int warp, long[][] expected) {
    for (int i = 0; i < form.n() / 2; i++) {
      for (int lane = 0; lane < 32; lane++) {
        int row = 16 * warp + lane / 4 + (i % 4 < 2 ? 0 : 8);
        int column = i / 4 * 8 + lane % 4 * 2 + i % 2;
        long value =
            form.d().equals("f16")
                ? result.out(i / 2)[lane] >>> i % 2 * 16 & 0xffff
                : result.out(i)[lane];
        assertThat(Matrices.value(form.d(), value))
            .as("row %d, column %d of %s", row, column, form)
            .isEqualByComparingTo(Matrices.value(form.d(), expected[row][column]));
      }
    }
  }

  private static final Form PLAIN =
      new Form(8, 16, "f32", "f16", "f16", alongK(128, 16, 1024, 64), alongK(128, 16, 32768, 8));

  @Test
  void goesOnAlongKWithinTheSwizzlingPattern() {
    // 64 elements to a row of 128 bytes; the second product starts 32 bytes on.
    SplittableRandom random = new SplittableRandom(29);
    long[][] a = MmaTest.random(64, 32, "f16", random);
    long[][] b = MmaTest.random(32, 8, "f16", random);
    Block block = TensorBlock.shared(65536);
    for (int k = 0; k < 32; k++) {
      for (int row = 0; row < 64; row++) {
        PLAIN.ofA().write(block.shared.bytes(), row, k, a[row][k]);
      }
      for (int column = 0; column < 8; column++) {
        PLAIN.ofB().write(block.shared.bytes(), column, k, b[k][column]);
      }
    }
    SingleStep.Result result =
        sixteen(
                SingleStep.of(PLAIN.mnemonic())
                    .outMatrix(PtxType.B32, 4)
                    .in(PtxType.B64, PLAIN.ofA().descriptor() + 2)
                    .in(PtxType.B64, PLAIN.ofB().descriptor() + 2)
                    .in(PtxType.PRED, 0L)
                    .block(block),
                PLAIN)
            .run();
    COMMIT.run(result.warp());
    await(WAIT, result.warp());
    long[][] lastA = new long[64][16];
    long[][] lastB = new long[16][];
    for (int row = 0; row < 64; row++) {
      System.arraycopy(a[row], 16, lastA[row], 0, 16);
    }
    System.arraycopy(b, 16, lastB, 0, 16);
    checkRows(PLAIN, result, 0, product(PLAIN, lastA, lastB));
  }

  @ParameterizedTest
  @ValueSource(strings = {"f16", "tf32", "e4m3", "s8", "b1"})
  void takesAFromRegisters(String type) {
    int bits = Matrices.bits(type);
    int k = 256 / bits;
    String d = bits == 1 || type.equals("s8") ? "s32" : "f32";
    SharedLayout layout = alongK(64, bits, 32768, 16);
    Form form = new Form(16, k, d, type, type, alongK(128, bits, 1024, 64), layout);
    SplittableRandom random = new SplittableRandom(31);
    long[][] a = MmaTest.random(64, k, type, random);
    long[][] b = MmaTest.random(k, 16, type, random);
    Block block = filled(form, a, b);
    long[][] registers = new long[4][32];
    for (int lane = 0; lane < 32; lane++) {
      for (int i = 0; i < 4 * 32 / bits; i++) {
        // Warp 2 holds rows 32 to 47, as mma.m16n8 would hold them.
        Fragments.Place place = Fragments.ofA("m16n8k" + k, bits, lane, i);
        long value = a[32 + place.row()][place.column()];
        registers[i * bits / 32][lane] |= value << i * bits % 32;
      }
    }
    SingleStep step =
        SingleStep.of(form.mnemonic())
            .outMatrix(PtxType.B32, form.registersOfD())
            .inMatrix(PtxType.B32, registers)
            .in(PtxType.B64, layout.descriptor())
            .in(PtxType.PRED, 0L)
            .warp(2)
            .block(block);
    if (d.equals("f32")) {
      step.literal(1L).literal(1L);
    }
    if (bits == 16) {
      step.literal(0L);
    }
    SingleStep.Result result = step.run();
    COMMIT.run(result.warp());
    await(WAIT, result.warp());
    checkRows(form, result, 2, product(form, a, b));
  }

  @Test
  void addsAndNegatesAsTold() {
    SplittableRandom random = new SplittableRandom(37);
    long[][] a = MmaTest.random(64, 16, "f16", random);
    long[][] b = MmaTest.random(16, 8, "f16", random);
    SingleStep.Result result =
        SingleStep.of(PLAIN.mnemonic())
            .outMatrix(PtxType.B32, 4)
            .in(PtxType.B64, PLAIN.ofA().descriptor())
            .in(PtxType.B64, PLAIN.ofB().descriptor())
            .literal(1L)
            .literal(-1L)
            .literal(1L)
            .literal(0L)
            .literal(0L)
            .block(filled(PLAIN, a, b))
            .run();
    // The accumulators are read when the product happens, not before.
    int[] words = result.warp().words;
    int[] slots = accumulators(result);
    for (int slot : slots) {
      for (int lane = 0; lane < 32; lane++) {
        words[slot + lane] = Float.floatToRawIntBits(100);
      }
    }
    COMMIT.run(result.warp());
    await(WAIT, result.warp());
    long[][] product = product(PLAIN, a, b);
    for (int lane = 0; lane < 32; lane++) {
      float expected = 100 - Float.intBitsToFloat((int) product[lane / 4][lane % 4 * 2]);
      assertThat(Float.intBitsToFloat((int) result.out(0)[lane])).isEqualTo(expected);
    }
  }

  private static int[] accumulators(SingleStep.Result result) {
    return ((WgmmaMultiply) result.step()).accumulators();
  }

  @Test
  void happensWhenItIsWaitedFor() {
    SplittableRandom random = new SplittableRandom(41);
    long[][] a = MmaTest.random(64, 16, "f16", random);
    long[][] b = MmaTest.random(16, 8, "f16", random);
    Block block = filled(PLAIN, a, b);
    SingleStep.Result result = sixteen(issue(PLAIN, 0, block), PLAIN).run();
    Warp warp = result.warp();
    WgmmaState state = warp.attached(WgmmaState.KEY);
    int slot = accumulators(result)[1];
    long[] before = result.out(1);
    assertThat(state.uncommitted()).isEqualTo(1);
    assertThat(state.holder(slot, false)).isSameAs(result.step());
    await(WAIT, warp);
    assertThat(result.out(1)).as("not committed").isEqualTo(before);
    COMMIT.run(warp);
    assertThat(state.pendingGroups()).isEqualTo(1);
    await(WAIT_ONE, warp);
    assertThat(result.out(1)).as("one group may be pending").isEqualTo(before);
    // What is in memory at the wait counts.
    a[0][0] = 0x3c00;
    PLAIN.ofA().write(block.shared.bytes(), 0, 0, a[0][0]);
    await(WAIT, warp);
    checkRows(PLAIN, result, 0, product(PLAIN, a, b));
    assertThat(state.holder(slot, false)).isNull();
  }

  @Test
  void happensInOrderBeforeTheWaitWhereTheScheduleIsRandom() {
    SplittableRandom random = new SplittableRandom(43);
    long[][] a = MmaTest.random(64, 16, "f16", random);
    long[][] b = MmaTest.random(16, 8, "f16", random);
    Block block = filled(PLAIN, a, b);
    block.cluster.background.random = true;
    SingleStep.Result result = sixteen(issue(PLAIN, 0, block), PLAIN).run();
    assertThat(block.cluster.background.advance()).isTrue();
    checkRows(PLAIN, result, 0, product(PLAIN, a, b));
    COMMIT.run(result.warp());
    await(WAIT, result.warp());
    checkRows(PLAIN, result, 0, product(PLAIN, a, b));
  }

  @Test
  void tellsMonitorsWhenItReads() {
    List<String> events = new ArrayList<>();
    Monitor monitor =
        new Monitor() {
          @Override
          public void asyncBegins(AsyncOperation operation) {
            events.add("begins");
          }

          @Override
          public void accesses(Access access) {
            assertThat(access.agent).isEqualTo(Access.Agent.WGMMA);
            assertThat(access.bytes).isEqualTo(16);
            events.add("reads " + Integer.bitCount(access.mask));
          }

          @Override
          public void asyncEnds(AsyncOperation operation) {
            events.add("ends");
          }

          @Override
          public void asyncAwaited(AsyncOperation operation, Warp warp, Step step, int lanes) {
            events.add("awaited");
          }
        };
    Block block = TensorBlock.shared(65536);
    SingleStep.Result result = sixteen(issue(PLAIN, 0, block).monitor(monitor), PLAIN).run();
    COMMIT.run(result.warp());
    assertThat(events).containsExactly("begins");
    await(WAIT, result.warp());
    assertThat(events).containsExactly("begins", "reads 32", "reads 16", "ends", "awaited");
  }

  @Test
  void remembersFences() {
    Block block = TensorBlock.shared(65536);
    SingleStep.Result result = sixteen(issue(PLAIN, 0, block), PLAIN).run();
    WgmmaState state = result.warp().attached(WgmmaState.KEY);
    assertThat(state.fenced()).isFalse();
    FENCE.run(result.warp());
    assertThat(state.fenced()).isTrue();
    state.registersTouched();
    assertThat(state.fenced()).isFalse();
  }

  @Test
  void faultsWhereAMatrixLeavesSharedMemory() {
    Block block = TensorBlock.shared(2048);
    SingleStep.Result result = sixteen(issue(PLAIN, 0, block), PLAIN).run();
    COMMIT.run(result.warp());
    assertThatThrownBy(() -> await(WAIT, result.warp()))
        .isInstanceOfSatisfying(
            LaneFault.class,
            fault -> assertThat(fault.kind()).isEqualTo(LaneFault.Kind.ILLEGAL_ADDRESS))
        .hasMessageContaining("wgmma.mma_async");
  }

  @Test
  void faultsWithoutFourWarps() {
    SingleStep step = sixteen(issue(PLAIN, 0, TensorBlock.lonely(65536)), PLAIN);
    assertThatThrownBy(step::run).isInstanceOf(LaneFault.class).hasMessageContaining("four warps");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "wgmma.mma_async.sync.aligned.m64n8k16.f16.bf16.bf16",
        "wgmma.mma_async.sync.aligned.m64n8k8.f32.f16.f16",
        "wgmma.mma_async.sync.aligned.m64n12k16.f32.f16.f16",
        "wgmma.mma_async.sync.aligned.m64n264k16.f32.f16.f16",
        "wgmma.mma_async.sync.aligned.m16n8k16.f32.f16.f16",
        "wgmma.mma_async.sync.aligned.m64n40k32.s32.s8.s8",
        "wgmma.mma_async.sync.aligned.m64n8k256.s32.b1.b1.xor.popc"
      })
  void refusesProductsThatDoNotExist(String mnemonic) {
    assertThatThrownBy(
            () ->
                SingleStep.of(mnemonic)
                    .outMatrix(PtxType.B32, 4)
                    .in(PtxType.B64, 0L)
                    .in(PtxType.B64, 0L)
                    .literal(1L)
                    .literal(1L)
                    .literal(1L)
                    .literal(0L)
                    .literal(0L)
                    .decode())
        .isInstanceOf(MalformedInstruction.class)
        .hasMessageContaining("no product");
  }

  @Test
  void refusesAWrongNumberOfImmediates() {
    assertThatThrownBy(() -> issue(PLAIN, 0, null).literal(1L).literal(1L).decode())
        .isInstanceOf(MalformedInstruction.class)
        .hasMessageContaining("operands");
    assertThatThrownBy(
            () -> issue(PLAIN, 0, null).literal(1L).literal(2L).literal(0L).literal(0L).decode())
        .isInstanceOf(MalformedInstruction.class)
        .hasMessageContaining("1 or -1");
  }
}
