package dev.kiln.tests.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.layout.BlockedLayout;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.layout.MmaLayout;
import dev.kiln.runtime.sim.monitor.count.Counters;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tiles that change their layout, in the simulator with all sanitizers. */
class ConversionTest {
  private static final List<DType> DTYPES =
      List.of(
          DType.I1,
          DType.I8,
          DType.FP8E5,
          DType.I16,
          DType.FP16,
          DType.BF16,
          DType.I32,
          DType.FP32,
          DType.I64,
          DType.FP64);

  @Test
  void randomLayoutsOfAllTypes() {
    var random = new Random(11);
    for (int i = 0; i < 120; i++) {
      Shape shape = Shape.of(1 << random.nextInt(6), 1 << random.nextInt(6));
      int warpBits = random.nextInt(3);
      LinearLayout from = layout(random, shape, warpBits);
      LinearLayout to =
          random.nextInt(3) == 0 ? exchanged(random, from) : layout(random, shape, warpBits);
      DType dtype = DTYPES.get(i % DTYPES.size());
      Target target = random.nextBoolean() ? Target.SM_80 : Target.SM_90A;
      new LayoutChange(from, to, dtype, target).check();
    }
  }

  /** Bits of indices dealt out to holders; what is too much repeats elements. */
  private static LinearLayout layout(Random random, Shape shape, int warpBits) {
    var vectors = new ArrayList<Integer>();
    for (int bit = 0; 1 << bit < shape.size(); bit++) {
      vectors.add(1 << bit);
    }
    while (vectors.size() < 5 + warpBits) {
      vectors.add(0);
    }
    Collections.shuffle(vectors, random);
    int[] all = vectors.stream().mapToInt(Integer::intValue).toArray();
    int registers = all.length - 5 - warpBits;
    int[] lanes = new int[5];
    int[] warps = new int[warpBits];
    int[] own = new int[registers];
    System.arraycopy(all, 0, own, 0, registers);
    System.arraycopy(all, registers, lanes, 0, 5);
    System.arraycopy(all, registers + 5, warps, 0, warpBits);
    return LinearLayout.of(shape, own, lanes, warps);
  }

  /** With a register and a lane that change places, or are added. */
  private static LinearLayout exchanged(Random random, LinearLayout from) {
    int[] registers = from.registers().clone();
    int[] lanes = from.lanes().clone();
    for (int k = 0; k < 2 && registers.length > 0; k++) {
      int r = random.nextInt(registers.length);
      int l = random.nextInt(5);
      int old = registers[r];
      if (random.nextBoolean()) {
        registers[r] = lanes[l];
        lanes[l] = old;
      } else {
        lanes[l] ^= old;
      }
    }
    return LinearLayout.of(from.shape(), registers, lanes, from.warps());
  }

  @ParameterizedTest
  @EnumSource(
      value = Target.class,
      names = {"SM_80", "SM_90A"})
  void commonConversionsHaveNoBankConflicts(Target target) {
    for (DType dtype : List.of(DType.I8, DType.FP16, DType.FP32, DType.FP64)) {
      Shape shape = Shape.of(64, 64);
      int width = Math.min(16, 16 / dtype.bytes());
      int pair = Math.max(1, 4 / dtype.bytes());
      LinearLayout rows = BlockedLayout.rowMajor(shape, width, 4);
      LinearLayout columns = BlockedLayout.coalesced(shape, new int[] {0, 1}, width, 4);
      LinearLayout mma = MmaLayout.accumulator(shape, 2, 2);
      LinearLayout a = MmaLayout.operandA(shape, 2, 2, pair);
      LinearLayout b = MmaLayout.operandB(shape, 2, 2, pair);
      for (LinearLayout to : List.of(columns, mma, a, b)) {
        withoutConflicts(rows, to, dtype, target);
      }
      for (LinearLayout to : List.of(rows, columns)) {
        withoutConflicts(mma, to, dtype, target);
      }
      withoutConflicts(columns, rows, dtype, target);
      withoutConflicts(columns, b, dtype, target);
    }
  }

  private static void withoutConflicts(
      LinearLayout from, LinearLayout to, DType dtype, Target target) {
    var change = new LayoutChange(from, to, dtype, target);
    Counters counters = change.check();
    assertThat(counters.total().bankConflicts()).as("%s", change).isZero();
  }

  @Test
  void tilesBeyondTheLimitGoInChunks() {
    Shape shape = Shape.of(128, 128);
    LinearLayout rows = BlockedLayout.rowMajor(shape, 4, 4);
    LinearLayout mma = MmaLayout.accumulator(shape, 2, 2);
    withoutConflicts(mma, rows, DType.FP32, Target.SM_80);
  }

  @Test
  void matricesMoveElementsOf16Bits() {
    Shape shape = Shape.of(64, 64);
    LinearLayout rows = BlockedLayout.rowMajor(shape, 8, 4);
    LinearLayout b = MmaLayout.operandB(shape, 2, 2, 2);
    assertThat(new LayoutChange(rows, b, DType.FP16, Target.SM_80).ptx())
        .contains("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16");
    LinearLayout a = MmaLayout.operandA(shape, 2, 2, 2);
    assertThat(new LayoutChange(rows, a, DType.BF16, Target.SM_80).ptx())
        .contains("ldmatrix.sync.aligned.m8n8.x4.shared.b16");
  }
}
