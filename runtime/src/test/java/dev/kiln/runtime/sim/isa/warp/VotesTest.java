package dev.kiln.runtime.sim.isa.warp;

import static dev.kiln.runtime.sim.ptx.PtxType.B32;
import static dev.kiln.runtime.sim.ptx.PtxType.B64;
import static dev.kiln.runtime.sim.ptx.PtxType.F32;
import static dev.kiln.runtime.sim.ptx.PtxType.PRED;
import static dev.kiln.runtime.sim.ptx.PtxType.S32;
import static dev.kiln.runtime.sim.ptx.PtxType.U32;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.isa.SingleStep;
import dev.kiln.runtime.sim.program.MalformedInstruction;
import dev.kiln.runtime.sim.program.UnsupportedInstruction;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BinaryOperator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Votes, matches, reductions and elections. */
class VotesTest {
  private static final int[] MASKS = {-1, 0xffff, 0x0f0f_00f3, 1 << 13, 0x8000_0001};

  private static long[] bits(int lanes) {
    return LongStream.range(0, 32).map(lane -> lanes >>> (int) lane & 1).toArray();
  }

  private static boolean isIn(int lanes, int lane) {
    return (lanes >>> lane & 1) != 0;
  }

  private static List<Integer> lanesOf(int mask) {
    List<Integer> lanes = new ArrayList<>();
    for (int lane = 0; lane < 32; lane++) {
      if (isIn(mask, lane)) {
        lanes.add(lane);
      }
    }
    return lanes;
  }

  @Test
  void votesAreCountedAmongActiveLanes() {
    SplittableRandom random = new SplittableRandom(1);
    for (int mask : MASKS) {
      for (int votes : new int[] {0, -1, mask, ~mask, 1 << 13, random.nextInt()}) {
        List<Integer> lanes = lanesOf(mask);
        boolean all = lanes.stream().allMatch(lane -> isIn(votes, lane));
        boolean any = lanes.stream().anyMatch(lane -> isIn(votes, lane));
        checkVote("vote.sync.all.pred", mask, votes, all);
        checkVote("vote.all.sync.pred", mask, votes, all);
        checkVote("vote.sync.any.pred", mask, votes, any);
        checkVote("vote.sync.uni.pred", mask, votes, all || !any);
        SingleStep ballot = SingleStep.of("vote.sync.ballot.b32").out(B32);
        long[] out = ballot.in(PRED, bits(votes)).in(B32, mask).active(mask).run().out(0);
        SingleStep negated = SingleStep.of("vote.ballot.sync.b32").out(B32);
        long[] others = negated.inNot(bits(votes)).literal(mask).active(mask).run().out(0);
        for (int lane : lanes) {
          assertThat((int) out[lane]).isEqualTo(votes & mask);
          assertThat((int) others[lane]).isEqualTo(~votes & mask);
        }
      }
    }
  }

  private static void checkVote(String mnemonic, int mask, int votes, boolean wanted) {
    SingleStep step = SingleStep.of(mnemonic).out(PRED).in(PRED, bits(votes)).in(B32, mask);
    int result = step.active(mask).run().predicate(0);
    assertThat(result & mask).as(mnemonic).isEqualTo(wanted ? mask : 0);
  }

  @Test
  void lanesWithTheSameValueFindEachOther() {
    SplittableRandom random = new SplittableRandom(2);
    for (PtxType type : new PtxType[] {B32, B64}) {
      for (int mask : MASKS) {
        for (int kinds : new int[] {1, 2, 5, 1000}) {
          long high = type == B64 ? 1L << 40 : 1;
          long[] values = random.longs(32, 0, kinds).map(v -> v * high).toArray();
          checkMatch(type, mask, values);
        }
      }
    }
  }

  private static void checkMatch(PtxType type, int mask, long[] values) {
    SingleStep any = SingleStep.of("match.any.sync" + type).out(B32);
    long[] groups = any.in(type, values).in(B32, mask).active(mask).run().out(0);
    SingleStep all = SingleStep.of("match.all.sync" + type).outPair(B32, PRED);
    SingleStep.Result agreement = all.in(type, values).in(B32, mask).active(mask).run();
    for (int lane : lanesOf(mask)) {
      int group = 0;
      for (int other : lanesOf(mask)) {
        group |= values[other] == values[lane] ? 1 << other : 0;
      }
      assertThat((int) groups[lane]).isEqualTo(group);
      assertThat((int) agreement.out(0)[lane]).isEqualTo(group == mask ? mask : 0);
      assertThat(isIn(agreement.predicate(1), lane)).isEqualTo(group == mask);
    }
  }

  @Test
  void aMatchMayOverwriteItsSource() {
    long[] lanes = LongStream.range(0, 32).map(lane -> lane % 3).toArray();
    long[] out =
        SingleStep.of("match.any.sync.b32").inOut(B32, lanes).again().literal(-1).run().out(0);
    assertThat(out[0]).isEqualTo(0x4924_9249L);
    assertThat(out[31]).isEqualTo(0x9249_2492L);
    SingleStep single = SingleStep.of("match.all.sync.b32").out(B32).in(B32, 9).literal(-1);
    assertThat(single.run().out(0)).containsOnly(0xffff_ffffL);
  }

  private static BigInteger number(long bits, PtxType type) {
    return BigInteger.valueOf(type == S32 ? (int) bits : bits);
  }

  private static void checkRedux(String operation, PtxType type, BinaryOperator<BigInteger> f) {
    SplittableRandom random = new SplittableRandom(5);
    for (int mask : MASKS) {
      for (int i = 0; i < 20; i++) {
        long[] values = random.longs(32).map(v -> v & 0xffff_ffffL).toArray();
        BigInteger wanted =
            lanesOf(mask).stream().map(lane -> number(values[lane], type)).reduce(f).orElseThrow();
        SingleStep step = SingleStep.of("redux.sync." + operation + type).out(type);
        long[] out = step.in(type, values).in(B32, mask).active(mask).run().out(0);
        for (int lane : lanesOf(mask)) {
          assertThat((int) out[lane]).as(operation).isEqualTo(wanted.intValue());
        }
      }
    }
  }

  @Test
  void valuesAreReduced() {
    for (PtxType type : new PtxType[] {U32, S32}) {
      checkRedux("add", type, BigInteger::add);
      checkRedux("min", type, BigInteger::min);
      checkRedux("max", type, BigInteger::max);
    }
    checkRedux("and", B32, BigInteger::and);
    checkRedux("or", B32, BigInteger::or);
    checkRedux("xor", B32, BigInteger::xor);
  }

  private static float reducedFloat(String mnemonic, float... some) {
    long[] lanes =
        LongStream.range(0, 32)
            .map(lane -> Float.floatToRawIntBits(some[(int) lane % some.length]) & 0xffff_ffffL)
            .toArray();
    SingleStep step = SingleStep.of(mnemonic).out(F32).in(F32, lanes).literal(-1);
    long[] out = step.run().out(0);
    assertThat(out).containsOnly(out[0]);
    float result = Float.intBitsToFloat((int) out[0]);
    if (Float.isNaN(result)) {
      assertThat(out[0]).as("canonical NaN").isEqualTo(0x7fff_ffffL);
    }
    return result;
  }

  @Test
  void floatsAreReduced() {
    float nan = Float.NaN;
    assertThat(reducedFloat("redux.sync.min.f32", 3, -2, 7)).isEqualTo(-2);
    assertThat(reducedFloat("redux.sync.max.f32", 3, -2, 7)).isEqualTo(7);
    assertThat(reducedFloat("redux.sync.max.abs.f32", 3, -9, 7)).isEqualTo(9);
    assertThat(reducedFloat("redux.sync.min.abs.f32", 3, -2, 7)).isEqualTo(2);
    assertThat(reducedFloat("redux.sync.min.f32", 3, nan, 7)).isEqualTo(3);
    assertThat(reducedFloat("redux.sync.min.NaN.f32", 3, nan, 7)).isNaN();
    assertThat(reducedFloat("redux.sync.max.NaN.abs.f32", 3, 5, nan)).isNaN();
    assertThat(reducedFloat("redux.sync.max.f32", nan)).isNaN();
    assertThat(Float.floatToRawIntBits(reducedFloat("redux.sync.min.f32", 0f, -0f)))
        .isEqualTo(Integer.MIN_VALUE);
    assertThat(Float.floatToRawIntBits(reducedFloat("redux.sync.max.f32", -0f, 0f))).isZero();
  }

  @Test
  void oneLaneIsElected() {
    for (int mask : MASKS) {
      int leader = lanesOf(mask).getFirst();
      SingleStep step = SingleStep.of("elect.sync").outPair(B32, PRED).in(B32, mask);
      SingleStep.Result result = step.active(mask).run();
      assertThat(result.predicate(1) & mask).isEqualTo(1 << leader);
      for (int lane : lanesOf(mask)) {
        assertThat(result.out(0)[lane]).isEqualTo(leader);
      }
      SingleStep sink = SingleStep.of("elect.sync").outPair(null, PRED).literal(mask);
      assertThat(sink.active(mask).run().predicate(0) & mask).isEqualTo(1 << leader);
    }
  }

  @Test
  void activeLanesAreTold() {
    for (int mask : MASKS) {
      long[] out = SingleStep.of("activemask.b32").out(B32).active(mask).run().out(0);
      for (int lane : lanesOf(mask)) {
        assertThat((int) out[lane]).isEqualTo(mask);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"redux.sync.and.u32", "redux.sync.add.f32", "redux.sync.max.abs.s32"})
  void wrongReductionsAreRefused(String mnemonic) {
    PtxType type = mnemonic.endsWith("f32") ? F32 : S32;
    SingleStep step = SingleStep.of(mnemonic).out(type).in(type).literal(-1);
    assertThatThrownBy(step::decode).isInstanceOf(MalformedInstruction.class);
  }

  @Test
  void votesWithoutSyncAreNotSupported() {
    SingleStep step = SingleStep.of("vote.ballot.b32").out(B32).in(PRED);
    assertThatThrownBy(step::decode).isInstanceOf(UnsupportedInstruction.class);
  }
}
