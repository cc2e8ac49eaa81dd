package dev.kiln.compiler.layout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.Shape;
import java.util.HashSet;
import org.junit.jupiter.api.Test;

/** Layouts against the formulas of the PTX ISA and of Triton. */
class LayoutConstructorsTest {
  @Test
  void accumulatorsOfMma() {
    LinearLayout layout = MmaLayout.accumulator(Shape.of(64, 32), 2, 2);
    for (int warp = 0; warp < 4; warp++) {
      for (int lane = 0; lane < 32; lane++) {
        for (int i = 0; i < 4; i++) {
          int row = lane / 4 + (i < 2 ? 0 : 8) + 16 * (warp % 2);
          int column = lane % 4 * 2 + (i & 1) + 8 * (warp / 2);
          assertThat(layout.index(i, lane, warp)).isEqualTo(row * 32 + column);
        }
      }
    }
    assertThat(layout.isSurjective() && layout.isInjective()).isTrue();
  }

  @Test
  void operandsOf16Bits() {
    LinearLayout a = MmaLayout.operandA(Shape.of(16, 16), 1, 1, 2);
    LinearLayout b = MmaLayout.operandB(Shape.of(16, 8), 1, 1, 2);
    for (int lane = 0; lane < 32; lane++) {
      for (int i = 0; i < 8; i++) {
        int row = lane / 4 + (i < 2 || i >= 4 && i < 6 ? 0 : 8);
        int column = lane % 4 * 2 + (i & 1) + (i < 4 ? 0 : 8);
        assertThat(a.index(i, lane, 0)).isEqualTo(row * 16 + column);
      }
      for (int i = 0; i < 4; i++) {
        int row = lane % 4 * 2 + (i & 1) + (i < 2 ? 0 : 8);
        assertThat(b.index(i, lane, 0)).isEqualTo(row * 8 + lane / 4);
      }
    }
  }

  @Test
  void operandsOf8And32And64Bits() {
    LinearLayout a8 = MmaLayout.operandA(Shape.of(16, 32), 1, 1, 4);
    LinearLayout b8 = MmaLayout.operandB(Shape.of(32, 8), 1, 1, 4);
    LinearLayout a32 = MmaLayout.operandA(Shape.of(16, 8), 1, 1, 1);
    LinearLayout b32 = MmaLayout.operandB(Shape.of(8, 8), 1, 1, 1);
    for (int lane = 0; lane < 32; lane++) {
      for (int i = 0; i < 16; i++) {
        int row = lane / 4 + (i < 4 || i >= 8 && i < 12 ? 0 : 8);
        int column = lane % 4 * 4 + (i & 3) + (i < 8 ? 0 : 16);
        assertThat(a8.index(i, lane, 0)).isEqualTo(row * 32 + column);
      }
      for (int i = 0; i < 8; i++) {
        int row = lane % 4 * 4 + (i & 3) + (i < 4 ? 0 : 16);
        assertThat(b8.index(i, lane, 0)).isEqualTo(row * 8 + lane / 4);
      }
      for (int i = 0; i < 4; i++) {
        int row = lane / 4 + 8 * (i & 1);
        assertThat(a32.index(i, lane, 0)).isEqualTo(row * 8 + lane % 4 + 4 * (i >> 1));
      }
      for (int i = 0; i < 2; i++) {
        assertThat(b32.index(i, lane, 0)).isEqualTo((lane % 4 + 4 * i) * 8 + lane / 4);
      }
    }
    assertThat(MmaLayout.operandAF64(Shape.of(8, 4), 1, 1).index(0, 13, 0)).isEqualTo(13);
    assertThat(MmaLayout.operandBF64(Shape.of(4, 8), 1, 1).index(0, 13, 0)).isEqualTo(8 + 3);
    assertThat(MmaLayout.accumulatorF64(Shape.of(8, 8), 1, 1).index(1, 13, 0)).isEqualTo(27);
  }

  @Test
  void warpsThatShareAnOperandRepeatIt() {
    LinearLayout a = MmaLayout.operandA(Shape.of(64, 16), 2, 4, 2);
    LinearLayout b = MmaLayout.operandB(Shape.of(16, 64), 2, 4, 2);
    assertThat(a.warps()).containsExactly(16 * 16, 0, 0);
    assertThat(b.warps()).containsExactly(0, 8, 16);
    assertThat(a.freeWarps()).isEqualTo(6);
    assertThat(b.freeWarps()).isEqualTo(1);
  }

  @Test
  void accumulatorsOfWarpgroups() {
    LinearLayout layout = MmaLayout.warpgroupAccumulator(Shape.of(128, 128), 4, 2, 64);
    for (int warp = 0; warp < 8; warp++) {
      for (int lane = 0; lane < 32; lane++) {
        for (int i = 0; i < 64 / 2; i++) {
          int row = 16 * (warp % 4) + lane / 4 + 8 * (i / 2 % 2);
          int column = lane % 4 * 2 + i % 2 + 8 * (i / 4) + 64 * (warp / 4);
          assertThat(layout.index(i, lane, warp)).isEqualTo(row * 128 + column);
        }
      }
    }
    assertThat(layout.isSurjective() && layout.isInjective()).isTrue();
  }

  @Test
  void blockedTilesWrapAndRepeat() {
    LinearLayout wrapped =
        BlockedLayout.of(
            Shape.of(32, 32), new int[] {1, 4}, new int[] {8, 4}, new int[] {2, 1}, order(1, 0));
    assertThat(wrapped.toString())
        .isEqualTo("32x32 r(0,1)(0,2)(0,16)(16,0) l(0,4)(0,8)(1,0)(2,0)(4,0) w(8,0)");
    LinearLayout repeated =
        BlockedLayout.of(
            Shape.of(4, 8), new int[] {1, 4}, new int[] {8, 4}, new int[] {2, 1}, order(1, 0));
    assertThat(repeated.toString()).isEqualTo("4x8 r(0,1)(0,2) l(0,4)*(1,0)(2,0)* w*");
    assertThat(BlockedLayout.coalesced(Shape.of(64, 64), order(0, 1), 8, 4).toString())
        .isEqualTo("64x64 r(1,0)(2,0)(4,0)(0,16)(0,32) l(8,0)(16,0)(32,0)(0,1)(0,2) w(0,4)(0,8)");
    assertThat(BlockedLayout.rowMajor(Shape.of(16), 4, 2).toString())
        .isEqualTo("16 r(1)(2) l(4)(8)*** w*");
  }

  private static int[] order(int... axes) {
    return axes;
  }

  @Test
  void swizzlesFollowTheirFormulas() {
    SharedLayout shared = SharedLayout.swizzled(Shape.of(32, 64), 8, 2, 4, 1, 0);
    SharedLayout tensor = SharedLayout.tensorCopy(Shape.of(16, 128), 2, 128, 1, 0);
    for (int r = 0; r < 32; r++) {
      for (int c = 0; c < 64; c++) {
        int column = ((c / 8) ^ ((r / 2) % 4)) * 8 + c % 8;
        assertThat(shared.offset(r * 64 + c)).isEqualTo(r * 64 + column);
      }
    }
    for (int r = 0; r < 16; r++) {
      for (int c = 0; c < 128; c++) {
        int bytes = c / 64 * (16 * 128) + r * 128 + ((c % 64 / 8) ^ (r % 8)) * 16 + c % 8 * 2;
        assertThat(tensor.offset(r * 128 + c) * 2).isEqualTo(bytes);
      }
    }
    SharedLayout narrow = SharedLayout.tensorCopy(Shape.of(16, 32), 2, 64, 1, 0);
    for (int r = 0; r < 16; r++) {
      for (int c = 0; c < 32; c++) {
        int bytes = r * 64 + ((c / 8) ^ (r / 2 % 4)) * 16 + c % 8 * 2;
        assertThat(narrow.offset(r * 32 + c) * 2).isEqualTo(bytes);
      }
    }
  }

  @Test
  void paddedAndTransposedOffsets() {
    SharedLayout padded = SharedLayout.rowMajor(Shape.of(8, 32)).padded(32, 1);
    assertThat(padded.offset(3 * 32 + 5)).isEqualTo(3 * 33 + 5);
    assertThat(padded.size()).isEqualTo(8 * 33);
    SharedLayout columns = SharedLayout.plain(Shape.of(8, 32), 0, 1);
    var offsets = new HashSet<Integer>();
    for (int index = 0; index < 256; index++) {
      assertThat(columns.offset(index)).isEqualTo(index % 32 * 8 + index / 32);
      offsets.add(columns.offset(index));
    }
    assertThat(offsets).hasSize(256);
  }
}
