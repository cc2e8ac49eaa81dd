package dev.kiln.runtime.sim.isa.warp;

import static dev.kiln.runtime.sim.ptx.PtxType.B32;
import static dev.kiln.runtime.sim.ptx.PtxType.PRED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.exec.WarpSyncStep;
import dev.kiln.runtime.sim.isa.SingleStep;
import dev.kiln.runtime.sim.program.MalformedInstruction;
import dev.kiln.runtime.sim.program.UnsupportedInstruction;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShufflesTest {
  private static final int[] MASKS = {-1, 0xffff, 0x0f0f_00f3, 1 << 13, 0x8000_0001};

  /** The manual's pseudocode; the source lane, or -1 where the lane is out of range. */
  private static int source(String mode, int lane, int b, int c) {
    int bval = b & 0x1f;
    int cval = c & 0x1f;
    int mask = c >> 8 & 0x1f;
    int maxLane = lane & mask | cval & ~mask & 0x1f;
    int minLane = lane & mask;
    int j;
    boolean valid;
    switch (mode) {
      case "up" -> {
        j = lane - bval;
        valid = j >= maxLane;
      }
      case "down" -> {
        j = lane + bval;
        valid = j <= maxLane;
      }
      case "bfly" -> {
        j = lane ^ bval;
        valid = j <= maxLane;
      }
      default -> {
        j = minLane | bval & ~mask & 0x1f;
        valid = j <= maxLane;
      }
    }
    return valid ? j : -1;
  }

  private static void check(String mode, SingleStep.Result result, int active) {
    for (int lane = 0; lane < 32; lane++) {
      if ((active >>> lane & 1) == 0) {
        continue;
      }
      long[] in = result.in()[lane];
      int source = source(mode, lane, (int) in[1], (int) in[2]);
      boolean here = source >= 0 && (active >>> source & 1) != 0;
      long wanted = result.in()[here ? source : lane][0];
      assertThat(result.out(0)[lane]).as(mode + ", lane " + lane).isEqualTo(wanted);
      assertThat(result.predicate(1) >>> lane & 1).isEqualTo(source >= 0 ? 1 : 0);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"up", "down", "bfly", "idx"})
  void lanesReadEachOther(String mode) {
    SplittableRandom random = new SplittableRandom(3);
    for (int active : MASKS) {
      for (int i = 0; i < 60; i++) {
        long[] b = random.longs(32, 0, 64).toArray();
        long c = random.nextInt(32) | (long) random.nextInt(32) << 8;
        check(mode, shuffle(mode, active).in(B32, b).in(B32, c).in(B32, active).run(), active);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"up", "down", "bfly", "idx"})
  void literalOffsetsDoTheSame(String mode) {
    int[] clamps = {0x1f, 0, 0x181f, 0x1000, 0x1c1f, 0x1f1f};
    for (int active : MASKS) {
      for (int b : new int[] {0, 1, 5, 16, 31, 32}) {
        for (int c : clamps) {
          SingleStep.Result literal =
              shuffle(mode, active).literal(b).literal(c).literal(active).run();
          SingleStep.Result register =
              shuffle(mode, active).in(B32, b).in(B32, c).in(B32, active).run();
          check(mode, register, active);
          long[] values = LongStream.range(0, 32).map(l -> literal.in()[(int) l][0]).toArray();
          long[] same = LongStream.range(0, 32).map(l -> register.in()[(int) l][0]).toArray();
          assertThat(values).isEqualTo(same);
          for (int lane = 0; lane < 32; lane++) {
            if ((active >>> lane & 1) != 0) {
              assertThat(literal.out(0)[lane]).isEqualTo(register.out(0)[lane]);
            }
          }
          assertThat(literal.predicate(1) & active).isEqualTo(register.predicate(1) & active);
        }
      }
    }
  }

  private static SingleStep shuffle(String mode, int active) {
    return SingleStep.of("shfl.sync." + mode + ".b32")
        .outPair(B32, PRED)
        .in(B32, LongStream.range(0, 32).map(lane -> lane * 1001 + 7).toArray())
        .active(active);
  }

  @Test
  void aRegisterMayBeShuffledIntoItself() {
    long[] lanes = LongStream.range(0, 32).toArray();
    long[] out =
        SingleStep.of("shfl.sync.bfly.b32")
            .inOut(B32, lanes)
            .again()
            .literal(1)
            .literal(0x1f)
            .literal(-1)
            .run()
            .out(0);
    assertThat(out).isEqualTo(Arrays.stream(lanes).map(lane -> lane ^ 1).toArray());
  }

  @Test
  void theMaskSaysWhoTakesPart() {
    SingleStep.Result literal = shuffle("idx", -1).literal(0).literal(31).literal(0xff).run();
    WarpSyncStep step = (WarpSyncStep) literal.step();
    assertThat(step.members(literal.warp(), 5)).isEqualTo(0xff);
    assertThat(step.fixedMembers()).isTrue();
    long[] masks = LongStream.range(0, 32).map(lane -> lane < 16 ? 0xffff : 0xffff_0000L).toArray();
    SingleStep.Result register = shuffle("idx", -1).literal(0).literal(31).in(B32, masks).run();
    WarpSyncStep divided = (WarpSyncStep) register.step();
    assertThat(divided.members(register.warp(), 3)).isEqualTo(0xffff);
    assertThat(divided.members(register.warp(), 20)).isEqualTo(0xffff_0000);
    assertThat(divided.fixedMembers()).isFalse();
  }

  @Test
  void oldAndWrongFormsAreRefused() {
    SingleStep old = SingleStep.of("shfl.up.b32").out(B32).in(B32).literal(1).literal(0);
    assertThatThrownBy(old::decode)
        .isInstanceOf(UnsupportedInstruction.class)
        .hasMessageContaining(".sync");
    SingleStep noMode =
        SingleStep.of("shfl.sync.b32").out(B32).in(B32).literal(1).literal(0).literal(-1);
    assertThatThrownBy(noMode::decode).isInstanceOf(MalformedInstruction.class);
  }
}
