package dev.kiln.runtime.sim.exec;

import static dev.kiln.runtime.sim.exec.TestProgram.word;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.SimFault;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BarrierTest {
  private final List<String> events = new ArrayList<>();

  private TestProgram note(TestProgram program, String name) {
    return program.run(warp -> events.add(name + warp.index));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void nobodyPassesABarrierBeforeAllHaveCome(boolean aligned) {
    TestProgram program = new TestProgram();
    note(program, "a").barrier(0, 0, aligned);
    note(program, "b").barrier(0, 0, aligned);
    note(program, "c");
    program.launch(1, 100);
    assertThat(events.subList(0, 4)).allMatch(e -> e.startsWith("a"));
    assertThat(events.subList(4, 8)).allMatch(e -> e.startsWith("b"));
    assertThat(events.subList(8, 12)).allMatch(e -> e.startsWith("c"));
  }

  @Test
  void warpsThatHaveExitedAreNotWaitedFor() {
    TestProgram program = new TestProgram();
    program.test(0, (w, lane) -> w.index == 1 || lane > 20).exit(0).barrier(0, 0, true);
    note(program, "after");
    program.launch(1, 96);
    assertThat(events).containsExactlyInAnyOrder("after0", "after2");
  }

  @Test
  void aNamedBarrierServesSomeWarps() {
    TestProgram program = new TestProgram();
    program.test(0, (w, lane) -> w.index >= 2);
    program.branch(0, false, "others", "end");
    program.barrier(1, 64, true);
    note(program, "low").branch("end");
    program.label("others").barrier(2, 64, true);
    note(program, "high");
    program.label("end").barrier(0, 0, true);
    note(program, "all");
    program.launch(1, 128);
    assertThat(events).hasSize(8);
    assertThat(events.subList(4, 8)).allMatch(e -> e.startsWith("all"));
  }

  @Test
  void producersArriveWithoutWaiting() {
    TestProgram program = new TestProgram();
    program.test(0, (w, lane) -> w.index == 0);
    program.branch(0, false, "consumer", "end");
    note(program, "produce").arrive(1, 64);
    note(program, "produced").branch("end");
    program.label("consumer").barrier(1, 64, true);
    note(program, "consume");
    program.label("end");
    program.launch(1, 64);
    assertThat(events).containsExactly("produce1", "produced1", "consume0");
  }

  @Test
  void lanesThatComeApartPassOneBarrierTogether() {
    TestProgram program = new TestProgram();
    program.test(0, (w, lane) -> lane < 16);
    program.branch(0, false, "low", "end");
    program.barrier(0, 0, false);
    note(program, "high").branch("end");
    program.label("low").barrier(0, 0, false);
    note(program, "low");
    program.label("end");
    program.launch(1, 64);
    assertThat(events).containsExactlyInAnyOrder("high0", "low0", "high1", "low1");
  }

  @Test
  void differentCountsAtOneBarrierAreAFault() {
    TestProgram program = new TestProgram();
    program.test(0, (w, lane) -> w.index == 1);
    program.branch(0, false, "b", "end");
    program.barrier(3, 64, true).branch("end");
    program.label("b").barrier(3, 96, true);
    program.label("end");
    assertThatThrownBy(() -> program.launch(1, 96))
        .hasMessageContaining("barrier 3 for 96 threads, but others are at it for 64 threads");
  }

  @Test
  void aCountThatIsNoMultipleOfAWarpIsAFault() {
    TestProgram program = new TestProgram();
    program.barrier(1, 40, true);
    assertThatThrownBy(() -> program.launch(1, 64)).hasMessageContaining("no multiple of 32");
  }

  @Test
  void aBarrierThatNobodyCompletesIsADeadlockThatSaysSo() {
    TestProgram program = new TestProgram();
    program.test(0, (w, lane) -> w.index == 0);
    program.branch(0, false, "wait", "end");
    program.branch("end");
    program.label("wait").barrier(5, 96, true);
    program.label("end").barrier(0, 0, true);
    assertThatThrownBy(() -> program.launch(1, 96))
        .isInstanceOfSatisfying(
            SimFault.class,
            fault -> {
              assertThat(fault.kind()).isEqualTo(LaneFault.Kind.DEADLOCK);
              assertThat(fault).hasMessageContaining("barrier 5 (1 of 3 warps have arrived)");
              assertThat(fault).hasMessageContaining("barrier 0 (2 of 3 warps have arrived)");
              assertThat(fault).hasMessageContaining("block (0, 0, 0) warp 2");
            });
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 1, 2, 3, 99})
  void aSharedMemoryReductionIsRightUnderAnySchedule(long seed) {
    int[] shared = new int[256];
    int[] sums = new int[3];
    TestProgram program = new TestProgram();
    program.each((w, lane) -> shared[w.thread(lane)] = w.thread(lane) + w.block.x);
    program.barrier(0, 0, true);
    for (int half = 128; half > 0; half /= 2) {
      int distance = half;
      program.test(0, (w, lane) -> w.thread(lane) < distance);
      String next = "next" + half;
      program.branch(0, true, next, next);
      program.each((w, lane) -> shared[w.thread(lane)] += shared[w.thread(lane) + distance]);
      program.label(next).barrier(0, 0, true);
    }
    program.test(0, (w, lane) -> w.thread(lane) == 0);
    program.branch(0, true, "end", "end");
    program.each((w, lane) -> sums[w.block.x] = shared[0]);
    program.label("end");
    ExecutorOptions options = ExecutorOptions.standard().withThreads(1).withMaxResidentBlocks(1);
    program.options(seed < 0 ? options : options.withSeed(seed));
    program.launch(3, 256);
    assertThat(sums).containsExactly(32640, 32640 + 256, 32640 + 512);
  }

  @Test
  void aSeedGivesTheSameOrderEachTime() {
    List<List<String>> orders = new ArrayList<>();
    for (long seed : new long[] {7, 7, 8}) {
      events.clear();
      TestProgram program = new TestProgram();
      for (int i = 0; i < 40; i++) {
        note(program, i + ":");
      }
      program.options(ExecutorOptions.standard().withSeed(seed)).launch(2, 128);
      orders.add(List.copyOf(events));
    }
    assertThat(orders.get(0)).isEqualTo(orders.get(1)).isNotEqualTo(orders.get(2));
  }

  @Test
  void clustersRunTogetherAndMeetAtTheirBarrier() {
    TestProgram program = new TestProgram();
    int[] values = new int[8];
    int[] seen = new int[8];
    program.each((w, lane) -> values[w.block.x] = 10 + w.block.x);
    program.step(new Arrive()).step(new Await());
    program.each((w, lane) -> seen[w.block.x] = values[w.block.x ^ 3]);
    program.launch(new LaunchShape(8, 1, 1, 32, 1, 1, 4, 1, 1, true, 0));
    assertThat(seen).containsExactly(13, 12, 11, 10, 17, 16, 15, 14);
  }

  @Test
  void aSecondArrivalAtTheClustersBarrierIsAFault() {
    TestProgram program = new TestProgram();
    program.step(new Arrive()).step(new Arrive());
    assertThatThrownBy(() -> program.launch(1, 32)).hasMessageContaining("second arrival");
  }

  @Test
  void blocksOfAClusterAreNumberedWithinIt() {
    List<String> places = new ArrayList<>();
    TestProgram program = new TestProgram();
    program.run(w -> places.add(w.block.rank + "@" + w.block.x + w.block.y + w.block.z));
    program.launch(new LaunchShape(4, 2, 1, 32, 1, 1, 2, 2, 1, true, 0));
    assertThat(places)
        .isEqualTo(
            Arrays.asList("0@000", "1@100", "2@010", "3@110", "0@200", "1@300", "2@210", "3@310"));
  }

  private static final class Arrive extends WaitingStep {
    @Override
    public boolean aligned() {
      return true;
    }

    @Override
    public Wait arrive(Warp warp) {
      warp.block.cluster.barrier.arrive(
          warp, this, dev.kiln.runtime.sim.memory.Access.Order.RELEASE);
      return null;
    }
  }

  private static final class Await extends WaitingStep {
    @Override
    public boolean aligned() {
      return true;
    }

    @Override
    public Wait arrive(Warp warp) {
      return warp.block.cluster.barrier.await(warp);
    }
  }

  @Test
  void registersOfLanesKeepTheirValuesAcrossABarrier() {
    int[] results = new int[64];
    TestProgram program = new TestProgram();
    program.set(0, (w, lane) -> w * 100 + lane).barrier(0, 0, true);
    program.each((w, lane) -> results[w.thread(lane)] = w.words[word(0) + lane]);
    program.launch(1, 64);
    assertThat(results[5]).isEqualTo(5);
    assertThat(results[40]).isEqualTo(108);
  }
}
