package dev.kiln.runtime.sim.isa;

import static dev.kiln.runtime.sim.ptx.PtxType.B32;
import static dev.kiln.runtime.sim.ptx.PtxType.PRED;
import static dev.kiln.runtime.sim.ptx.PtxType.U16;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import org.junit.jupiter.api.Test;

/** The harness finds what it is there to find. */
class SingleStepTest {
  /** Copies in the lanes of {@code mask(warp)}. */
  private static Decoder copy(java.util.function.ToIntFunction<Warp> mask) {
    return context -> {
      int to = context.wordTarget(context.operand(0), B32);
      int from = context.word(context.operand(1), B32);
      return new Step() {
        @Override
        public void run(Warp warp) {
          int lanes = mask.applyAsInt(warp);
          for (int lane = 0; lane < Warp.LANES; lane++) {
            if ((lanes >>> lane & 1) != 0) {
              warp.words[to + lane] = warp.words[from + lane];
            }
          }
        }
      };
    };
  }

  @Test
  void acceptsAStepThatKeepsTheRules() {
    SingleStep.of("copy").out(B32).in(B32).decoder(copy(w -> w.active)).expect(in -> in[0]);
  }

  @Test
  void findsAWrongValue() {
    SingleStep step = SingleStep.of("copy").out(B32).in(B32).decoder(copy(w -> w.active));
    assertThatThrownBy(() -> step.expect(in -> in[0] == 7 ? 8 : in[0]))
        .isInstanceOf(AssertionError.class);
  }

  @Test
  void findsAChangedInactiveLane() {
    SingleStep step = SingleStep.of("copy").out(B32).in(B32).active(0xff).decoder(copy(w -> -1));
    assertThatThrownBy(step::run).hasMessageContaining("inactive");
  }

  @Test
  void findsAChangedSource() {
    Decoder decoder =
        context -> {
          int from = context.word(context.operand(1), B32);
          return new Step() {
            @Override
            public void run(Warp warp) {
              warp.words[from + 3]++;
            }
          };
        };
    SingleStep step = SingleStep.of("copy").out(B32).in(B32).decoder(decoder);
    assertThatThrownBy(step::run).hasMessageContaining("changed lane 3");
  }

  @Test
  void findsHighBitsOfANarrowResult() {
    Decoder decoder =
        context -> {
          int to = context.wordTarget(context.operand(0), U16);
          return new Step() {
            @Override
            public void run(Warp warp) {
              java.util.Arrays.fill(warp.words, to, to + Warp.LANES, -1);
            }
          };
        };
    SingleStep step = SingleStep.of("ones").out(U16).decoder(decoder);
    assertThatThrownBy(step::run).hasMessageContaining("high bits");
  }

  @Test
  void findsAModifierThatNobodyTook() {
    SingleStep step = SingleStep.of("copy.cold").out(B32).in(B32).decoder(copy(w -> w.active));
    assertThatThrownBy(step::run).hasMessageContaining("cold").isNotInstanceOf(Error.class);
  }

  @Test
  void negatedPredicatesReadTheComplement() {
    Decoder decoder =
        context -> {
          int to = context.predicateTarget(context.operand(0));
          var from = context.predicate(context.operand(1));
          return new Step() {
            @Override
            public void run(Warp warp) {
              int keep = warp.predicates[to] & ~warp.active;
              warp.predicates[to] = keep | from.lanes(warp) & warp.active;
            }
          };
        };
    SingleStep.of("not").out(PRED).inNot().decoder(decoder).expect(in -> 1 - in[0]);
  }
}
