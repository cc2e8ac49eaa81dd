package dev.kiln.compiler.layout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.layout.ConversionPlanner.Limits;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Plans of conversions, carried out on arrays. */
class ConversionPlannerTest {
  private static final Limits AMPLE = new Limits(1 << 20, true);
  private final Random random = new Random(3);

  @Test
  void plansOfRandomLayoutsBringEachElementWhereItBelongs() {
    var kinds = new HashSet<String>();
    for (int i = 0; i < 2000; i++) {
      Shape shape = RandomLayouts.shape(random, 11);
      int warpBits = random.nextInt(3);
      LinearLayout from = RandomLayouts.layout(random, shape, warpBits);
      LinearLayout to = RandomLayouts.layout(random, shape, warpBits);
      long limit = random.nextBoolean() ? 1 << 20 : 512;
      var limits = new Limits(limit, random.nextBoolean());
      kinds.add(check(from, to, 1 << random.nextInt(4), limits).getClass().getSimpleName());
    }
    assertThat(kinds).contains("Shared");
  }

  @Test
  void exchangesInsideOfWarpsAreShuffles() {
    var kinds = new HashSet<String>();
    int shuffles = 0;
    for (int i = 0; i < 2000; i++) {
      Shape shape = RandomLayouts.shape(random, 10);
      LinearLayout from = RandomLayouts.layout(random, shape, 1);
      LinearLayout to = exchanged(from);
      ConversionPlan plan = check(from, to, 4, AMPLE);
      kinds.add(plan.getClass().getSimpleName());
      shuffles += plan instanceof ConversionPlan.Shuffles ? 1 : 0;
    }
    assertThat(kinds).contains("Registers", "Shuffles");
    assertThat(shuffles).isGreaterThan(300);
  }

  /** With one or two bits of registers and lanes exchanged or added. */
  private LinearLayout exchanged(LinearLayout from) {
    int[] registers = from.registers().clone();
    int[] lanes = from.lanes().clone();
    for (int k = random.nextInt(3); k > 0 && registers.length > 0; k--) {
      int r = random.nextInt(registers.length);
      int l = random.nextInt(5);
      int old = registers[r];
      switch (random.nextInt(3)) {
        case 0 -> {
          registers[r] = lanes[l];
          lanes[l] = old;
        }
        case 1 -> lanes[l] ^= registers[r];
        default -> registers[r] ^= lanes[l];
      }
    }
    return LinearLayout.of(from.shape(), registers, lanes, from.warps());
  }

  static ConversionPlan check(LinearLayout from, LinearLayout to, int bytes, Limits limits) {
    ConversionPlan plan = ConversionPlanner.plan(from, to, bytes, limits);
    int[][] source = held(from);
    int[][] result = PlanRun.run(plan, from, source, to.registerCount());
    int[][] expected = held(to);
    for (int thread = 0; thread < expected.length; thread++) {
      assertThat(result[thread])
          .as("thread %s of %s -> %s by %s", thread, from, to, plan)
          .isEqualTo(expected[thread]);
    }
    return plan;
  }

  private static int[][] held(LinearLayout layout) {
    int[][] held = new int[32 * layout.warpCount()][layout.registerCount()];
    for (int thread = 0; thread < held.length; thread++) {
      for (int register = 0; register < layout.registerCount(); register++) {
        held[thread][register] = layout.index(register, thread % 32, thread / 32);
      }
    }
    return held;
  }

  private static ConversionPlan.Shared shared(
      LinearLayout from, LinearLayout to, int bytes, boolean matrixStores) {
    var plan = check(from, to, bytes, new Limits(1 << 20, matrixStores));
    assertThat(plan).isInstanceOf(ConversionPlan.Shared.class);
    var shared = (ConversionPlan.Shared) plan;
    assertThat(shared.store().conflicts()).as("stores of %s", shared).isEqualTo(1);
    assertThat(shared.load().conflicts()).as("loads of %s", shared).isEqualTo(1);
    return shared;
  }

  @Test
  void commonConversionsHaveNoConflictsAndWideVectors() {
    for (int bytes : List.of(1, 2, 4, 8)) {
      for (int warps : List.of(1, 4, 8)) {
        Shape shape = Shape.of(128, 64);
        int width = Math.min(16 / bytes, 16);
        LinearLayout rows = BlockedLayout.rowMajor(shape, width, warps);
        LinearLayout columns = BlockedLayout.coalesced(shape, new int[] {0, 1}, width, warps);
        int m = Math.min(4, warps);
        LinearLayout mma = MmaLayout.accumulator(shape, m, warps / m);
        LinearLayout a = MmaLayout.operandA(shape, m, warps / m, Math.max(1, 4 / bytes));
        LinearLayout b = MmaLayout.operandB(shape, m, warps / m, Math.max(1, 4 / bytes));
        ConversionPlan.Shared transposed = shared(rows, columns, bytes, false);
        assertThat(Math.max(transposed.store().width(), transposed.load().width()) * bytes)
            .isEqualTo(16);
        assertThat(shared(mma, rows, bytes, false).load().width() * bytes).isEqualTo(16);
        shared(rows, mma, bytes, false);
        shared(columns, mma, bytes, false);
        shared(mma, columns, bytes, false);
        shared(rows, a, bytes, false);
        shared(rows, b, bytes, false);
        shared(columns, a, bytes, false);
        shared(columns, b, bytes, false);
      }
    }
  }

  @Test
  void operandsOf16BitsAreLoadedAsMatrices() {
    LinearLayout rows = BlockedLayout.rowMajor(Shape.of(128, 64), 8, 4);
    LinearLayout a = MmaLayout.operandA(Shape.of(128, 64), 4, 1, 2);
    LinearLayout b = MmaLayout.operandB(Shape.of(128, 64), 4, 1, 2);
    TileAccess left = shared(rows, a, 2, false).load();
    assertThat(left.kind()).isEqualTo(TileAccess.Kind.MATRIX);
    assertThat(left.width()).isEqualTo(8);
    TileAccess right = shared(rows, b, 2, false).load();
    assertThat(right.kind()).isEqualTo(TileAccess.Kind.TRANSPOSED_MATRIX);
    assertThat(right.width()).isEqualTo(8);
    LinearLayout mma = MmaLayout.accumulator(Shape.of(128, 64), 4, 1);
    ConversionPlan.Shared store = shared(mma, rows, 2, true);
    assertThat(store.store().width()).isEqualTo(8);
    assertThat(store.load().width()).isEqualTo(8);
  }

  @Test
  void theAccumulatorIsTheLeftOperandOfTheNextProduct() {
    Shape shape = Shape.of(64, 128);
    LinearLayout accumulator = MmaLayout.accumulator(shape, 4, 1);
    LinearLayout operand = MmaLayout.operandA(shape, 4, 1, 2);
    var plan = check(accumulator, operand, 2, AMPLE);
    assertThat(plan).isInstanceOf(ConversionPlan.Registers.class);
    assertThat(((ConversionPlan.Registers) plan).isIdentity()).isTrue();
  }

  @Test
  void largeTilesGoInChunks() {
    Shape shape = Shape.of(128, 128);
    LinearLayout rows = BlockedLayout.rowMajor(shape, 4, 4);
    LinearLayout mma = MmaLayout.accumulator(shape, 2, 2);
    var plan = (ConversionPlan.Shared) check(mma, rows, 4, new Limits(16 << 10, false));
    assertThat(plan.elements()).isEqualTo(4 << 10);
    assertThat(plan.storeChunks()).hasSize(4);
    assertThat(plan.store().conflicts() * plan.load().conflicts()).isEqualTo(1);
  }

  @Test
  void conflictsAreWhatTheBanksSay() {
    for (int i = 0; i < 500; i++) {
      Shape shape = Shape.of(32, 64);
      int bytes = 1 << random.nextInt(4);
      LinearLayout layout = RandomLayouts.layout(random, shape, 2);
      SharedLayout shared = SharedLayout.rowMajor(shape);
      TileAccess access = TileAccess.vectors(layout, shared.map(), bytes, 16);
      assertThat(access.conflicts()).isEqualTo(conflicts(access, bytes));
    }
  }

  /** Wavefronts of the first group of warp 0, counted bank by bank, over the least. */
  private static int conflicts(TileAccess access, int bytes) {
    int lanes = 32 / access.phases();
    var words = new HashSet<Integer>();
    int[] busy = new int[32];
    for (int lane = 0; lane < lanes; lane++) {
      int first =
          (access.groups().getFirst().offset() ^ access.threadOffsets().apply(lane)) * bytes;
      for (int at = first; at < first + access.width() * bytes; at++) {
        if (words.add(at / 4)) {
          busy[at / 4 % 32]++;
        }
      }
    }
    return Arrays.stream(busy).max().orElseThrow();
  }
}
