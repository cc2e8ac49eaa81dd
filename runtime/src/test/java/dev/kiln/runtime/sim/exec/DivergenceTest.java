package dev.kiln.runtime.sim.exec;

import static dev.kiln.runtime.sim.exec.TestProgram.word;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.SimFault;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class DivergenceTest {
  private final List<Integer> masks = new ArrayList<>();
  private final int[] results = new int[Warp.LANES];

  private TestProgram note(TestProgram program) {
    return program.run(warp -> masks.add(warp.active));
  }

  private TestProgram keep(TestProgram program, int slot) {
    return program.each((warp, lane) -> results[lane] = warp.words[word(slot) + lane]);
  }

  @Test
  void lanesThatPartAtABranchMeetAtItsJoin() {
    TestProgram program = new TestProgram();
    program.test(0, (w, lane) -> lane < 10);
    program.branch(0, false, "then", "end");
    note(program).branch("end");
    note(program.label("then"));
    note(program.label("end"));
    program.launch(1, 32);
    assertThat(masks).containsExactly(-1 << 10, (1 << 10) - 1, -1);
  }

  @Test
  void aStepWhoseGuardHoldsForNobodyIsNotRun() {
    TestProgram program = new TestProgram();
    program.guarded(() -> failing("must not run"), 0, false);
    program.guarded(() -> counting(), 0, true);
    program.launch(1, 32);
    assertThat(masks).containsExactly(-1);
  }

  private static Step failing(String message) {
    return new Step() {
      @Override
      public void run(Warp warp) {
        throw new AssertionError(message);
      }
    };
  }

  private Step counting() {
    return new Step() {
      @Override
      public void run(Warp warp) {
        masks.add(warp.active);
      }
    };
  }

  @Test
  void lanesThatLeaveALoopAtDifferentTimesMeetBehindIt() {
    TestProgram program = new TestProgram();
    program.set(0, (w, lane) -> 0);
    program.label("loop");
    program.each((w, lane) -> w.words[word(0) + lane]++);
    program.test(0, (w, lane) -> w.words[word(0) + lane] <= lane);
    program.branch(0, false, "loop", "end");
    note(program.label("end"));
    keep(program, 0);
    long steps = program.launch(1, 32);
    assertThat(masks).containsExactly(-1);
    assertThat(results[0]).isEqualTo(1);
    assertThat(results[31]).isEqualTo(32);
    assertThat(steps).isEqualTo(1 + 32 * 3 + 2 + 1);
  }

  @Test
  void nestedLoopsWithDifferentCountsGiveEachLaneItsOwnSum() {
    TestProgram program = new TestProgram();
    program.set(0, (w, lane) -> 0).set(1, (w, lane) -> 0);
    program.label("outer").set(2, (w, lane) -> 0);
    program.label("inner");
    program.each((w, lane) -> w.words[word(1) + lane] += w.words[word(2) + lane] + 1);
    program.each((w, lane) -> w.words[word(2) + lane]++);
    program.test(0, (w, lane) -> w.words[word(2) + lane] <= (lane + w.words[word(0) + lane]) % 5);
    program.branch(0, false, "inner", "after");
    program.label("after");
    program.each((w, lane) -> w.words[word(0) + lane]++);
    program.test(0, (w, lane) -> w.words[word(0) + lane] < 1 + lane % 7);
    program.branch(0, false, "outer", "end");
    note(program.label("end"));
    keep(program, 1);
    program.launch(1, 32);
    for (int lane = 0; lane < 32; lane++) {
      int sum = 0;
      for (int i = 0; i < 1 + lane % 7; i++) {
        int count = (lane + i) % 5 + 1;
        sum += count * (count + 1) / 2;
      }
      assertThat(results[lane]).as("lane %d", lane).isEqualTo(sum);
    }
    assertThat(masks).containsExactly(-1);
  }

  @Test
  void lanesThatExitAreNotWaitedFor() {
    TestProgram program = new TestProgram();
    program.test(0, (w, lane) -> lane % 2 == 0).test(1, (w, lane) -> lane == 4);
    program.branch(0, false, "then", "end");
    program.branch("end");
    program.label("then").exit(1);
    note(program.label("end"));
    program.launch(1, 32);
    assertThat(masks).containsExactly(~(1 << 4));
  }

  @Test
  void theLastWarpOfABlockMayBeShort() {
    TestProgram program = new TestProgram();
    note(program);
    program.launch(1, 40);
    assertThat(masks).containsExactly(-1, 0xff);
  }

  @Test
  void lanesOfAFunctionMeetWhereItReturns() {
    TestProgram program = new TestProgram();
    program.set(0, (w, lane) -> lane);
    program.call("function", null);
    note(program);
    keep(program, 0).ret(-1);
    program.label("function").test(0, (w, lane) -> lane < 7);
    program.ret(0);
    program.each((w, lane) -> w.words[word(0) + lane] += 100).ret(-1);
    program.launch(1, 32);
    assertThat(masks).containsExactly(-1);
    assertThat(results[6]).isEqualTo(6);
    assertThat(results[7]).isEqualTo(107);
  }

  @Test
  void aGuardedCallLeavesTheOthersBehindIt() {
    TestProgram program = new TestProgram();
    program.test(0, (w, lane) -> lane >= 16);
    program.guarded(() -> new ControlStep.Call(4, null), 0, false);
    note(program).ret(-1);
    note(program.label("function")).ret(-1);
    program.launch(1, 32);
    assertThat(masks).containsExactly(0xffff0000, -1);
  }

  @Test
  void aRecursiveCallKeepsTheRegistersOfItsCaller() {
    TestProgram program = new TestProgram();
    var saved = new ControlStep.SlotRange(word(0), word(1), 0, 0, 0, 1);
    program.set(0, (w, lane) -> lane % 6).set(1, (w, lane) -> 1);
    program.call("factorial", null);
    keep(program, 1).ret(-1);
    program.label("factorial").test(0, (w, lane) -> w.words[word(0) + lane] <= 1);
    program.ret(0);
    program.set(2, (w, lane) -> 0);
    program.each((w, lane) -> w.words[word(0) + lane]--);
    program.call("factorial", saved);
    program.each((w, lane) -> w.words[word(1) + lane] *= w.words[word(0) + lane] + 1).ret(-1);
    program.launch(1, 32);
    int[] factorials = {1, 1, 2, 6, 24, 120};
    for (int lane = 0; lane < 32; lane++) {
      assertThat(results[lane]).as("lane %d", lane).isEqualTo(factorials[lane % 6]);
    }
  }

  @Test
  void endlessRecursionIsAFault() {
    TestProgram program = new TestProgram();
    program.label("function").call("function", null);
    assertThatThrownBy(() -> program.launch(1, 32))
        .isInstanceOfSatisfying(
            SimFault.class,
            fault -> assertThat(fault.kind()).isEqualTo(LaneFault.Kind.STACK_OVERFLOW));
  }

  @Test
  void callsThroughAddressesGoWhereEachLaneSays() {
    TestProgram program = new TestProgram();
    program.each((w, lane) -> w.wides[lane] = lane % 3 == 0 ? 0x100 : 0x200);
    program.step(new ControlStep.IndirectCall(0, java.util.Map.of(0x100L, 5, 0x200L, 7), null));
    note(program);
    keep(program, 0).ret(-1);
    program.label("a").set(0, (w, lane) -> 1).ret(-1);
    program.label("b").set(0, (w, lane) -> 2).ret(-1);
    program.launch(1, 32);
    assertThat(masks).containsExactly(-1);
    assertThat(results[3]).isEqualTo(1);
    assertThat(results[4]).isEqualTo(2);
  }

  @Test
  void aCallToNoFunctionIsAFault() {
    TestProgram program = new TestProgram();
    program.step(new ControlStep.IndirectCall(0, java.util.Map.of(0x100L, 0), null));
    assertThatThrownBy(() -> program.launch(1, 32)).hasMessageContaining("no function");
  }

  @Test
  void anIndexedBranchSendsEachLaneToItsTarget() {
    TestProgram program = new TestProgram();
    program.set(0, (w, lane) -> lane % 3).set(1, (w, lane) -> 0);
    program.step(new ControlStep.IndexedBranch(word(0), new int[] {3, 5, 7}, 8));
    program.set(1, (w, lane) -> 10).branch("end");
    program.set(1, (w, lane) -> 20).branch("end");
    program.set(1, (w, lane) -> 30);
    note(program.label("end"));
    keep(program, 1);
    program.launch(1, 32);
    assertThat(masks).containsExactly(-1);
    for (int lane = 0; lane < 32; lane++) {
      assertThat(results[lane]).isEqualTo(10 * (lane % 3 + 1));
    }
  }

  @Test
  void anIndexBeyondTheTargetsIsAFault() {
    TestProgram program = new TestProgram();
    program.set(0, (w, lane) -> lane);
    program.step(new ControlStep.IndexedBranch(word(0), new int[] {0, 1}, 0));
    assertThatThrownBy(() -> program.launch(1, 32)).hasMessageContaining("brx.idx with index 2");
  }

  @Test
  void aLockBetweenLanesOfAWarpMakesProgress() {
    AtomicInteger lock = new AtomicInteger();
    int[] inside = new int[1];
    TestProgram program = new TestProgram();
    program.label("take");
    program.test(0, (w, lane) -> !lock.compareAndSet(0, 1));
    program.run(w -> w.yield = true);
    program.branch(0, false, "take", "critical");
    program.label("critical").each((w, lane) -> inside[0]++);
    program.each((w, lane) -> w.changes++);
    program.each((w, lane) -> lock.set(0));
    program.launch(2, 64);
    assertThat(inside[0]).isEqualTo(128);
  }

  @Test
  void aLockWithoutAKnownPollMakesProgressToo() {
    AtomicInteger lock = new AtomicInteger();
    int[] inside = new int[1];
    TestProgram program = new TestProgram();
    program.label("take");
    program.test(0, (w, lane) -> !lock.compareAndSet(0, 1));
    program.branch(0, false, "take", "critical");
    program.label("critical").each((w, lane) -> inside[0]++);
    program.each((w, lane) -> lock.set(0));
    program.launch(1, 2);
    assertThat(inside[0]).isEqualTo(2);
  }
}
