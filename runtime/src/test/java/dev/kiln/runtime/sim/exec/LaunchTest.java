package dev.kiln.runtime.sim.exec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.SimFault;
import dev.kiln.runtime.sim.monitor.Monitor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LaunchTest {
  private static final ExecutorOptions STANDARD = ExecutorOptions.standard();

  @Test
  void everyBlockRunsOnceOnAnyNumberOfThreads() {
    for (int threads : new int[] {1, 2, 4}) {
      AtomicIntegerArray runs = new AtomicIntegerArray(300);
      TestProgram program = new TestProgram();
      program.run(w -> runs.incrementAndGet(w.block.x));
      program.options(STANDARD.withThreads(threads)).launch(300, 32);
      for (int i = 0; i < 300; i++) {
        assertThat(runs.get(i)).isEqualTo(1);
      }
    }
  }

  @Test
  void blocksRunInOrderWhereAStepAsksForIt() {
    List<Integer> order = Collections.synchronizedList(new ArrayList<>());
    TestProgram program = new TestProgram();
    program.step(
        new Step() {
          @Override
          public boolean ordersBlocks() {
            return true;
          }

          @Override
          public void run(Warp warp) {
            order.add(warp.block.x);
          }
        });
    program.options(STANDARD.withThreads(4)).launch(200, 32);
    assertThat(order).isSorted().hasSize(200);
  }

  @Test
  void aBlockMayWaitForABlockWithAHigherNumber() {
    AtomicInteger flag = new AtomicInteger();
    TestProgram program = new TestProgram();
    program.test(0, (w, lane) -> w.block.x == 5);
    program.branch(0, false, "set", "end");
    program.label("poll").run(w -> w.yield = true);
    program.test(0, (w, lane) -> flag.get() == 0);
    program.branch(0, false, "poll", "end");
    program.branch("end");
    program.label("set").run(w -> flag.set(1)).run(w -> w.changes++);
    program.label("end");
    for (int threads : new int[] {1, 2}) {
      flag.set(0);
      program.options(STANDARD.withThreads(threads)).launch(6, 64);
      assertThat(flag.get()).isEqualTo(1);
    }
  }

  /** Turns that end between two polls must not hide that nothing but polls happens. */
  @Test
  void aBlockThatIsWaitedForBeginsSoonUnderASeed() {
    AtomicInteger arrived = new AtomicInteger();
    TestProgram program = new TestProgram();
    program.run(w -> arrived.incrementAndGet()).run(w -> w.changes++);
    program.label("poll").run(w -> w.yield = true);
    for (int i = 0; i < 5; i++) {
      program.run(w -> {});
    }
    program.test(0, (w, lane) -> arrived.get() < 20);
    program.branch(0, false, "poll", "end").label("end");
    assertThat(program.options(STANDARD.withSeed(3)).launch(20, 32)).isLessThan(2_000_000);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aWaitForWhatNeverComesIsADeadlock(boolean seeded) {
    TestProgram program = new TestProgram();
    program.test(0, (w, lane) -> true);
    program.label("poll").run(w -> w.yield = true).run(w -> {});
    program.branch(0, false, "poll", "poll");
    ExecutorOptions options = STANDARD.withMaxIdlePolls(5000).withLimits(1_000_000, 0);
    program.options(seeded ? options.withSeed(1) : options);
    assertThatThrownBy(() -> program.launch(3, 64))
        .isInstanceOfSatisfying(
            SimFault.class, fault -> assertThat(fault.kind()).isEqualTo(LaneFault.Kind.DEADLOCK));
  }

  @Test
  void anEndlessLoopStopsAtTheLimitOfSteps() {
    TestProgram program = new TestProgram();
    program.label("loop").branch("loop");
    program.options(STANDARD.withLimits(100_000, 0));
    assertThatThrownBy(() -> program.launch(1, 32))
        .isInstanceOfSatisfying(
            SimFault.class,
            fault -> {
              assertThat(fault.kind()).isEqualTo(LaneFault.Kind.LIMIT);
              assertThat(fault).hasMessageContaining("100,000 warp instructions");
            });
  }

  @Test
  void anEndlessLoopStopsAtTheLimitOfTime() {
    TestProgram program = new TestProgram();
    program.label("loop").branch("loop");
    program.options(STANDARD.withLimits(0, 20_000_000));
    assertThatThrownBy(() -> program.launch(64, 32)).hasMessageContaining("more than 20 ms");
  }

  @Test
  void aLaunchCanBeCancelled() {
    TestProgram program = new TestProgram();
    program.label("loop").branch("loop").options(STANDARD.withThreads(2));
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> program.launch(8, 32)).hasMessageContaining("cancelled");
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void aFaultNamesBlockWarpLaneAndThread() {
    TestProgram program = new TestProgram();
    program.each(
        (w, lane) -> {
          if (w.block.x == 3 && w.thread(lane) == 37) {
            throw new LaneFault(LaneFault.Kind.ILLEGAL_ADDRESS, lane, "no memory at 0x10");
          }
        });
    assertThatThrownBy(() -> program.launch(new LaunchShape(4, 1, 1, 10, 5, 1, 1, 1, 1, false, 0)))
        .isInstanceOfSatisfying(
            SimFault.class,
            fault -> {
              assertThat(fault.kind()).isEqualTo(LaneFault.Kind.ILLEGAL_ADDRESS);
              assertThat(fault)
                  .hasMessageContaining("illegal address: no memory at 0x10")
                  .hasMessageContaining("block (3, 0, 0), warp 1, lane 5, thread (7, 3, 0)");
              assertThat(fault.place().orElseThrow().lane()).isEqualTo(5);
            });
  }

  @Test
  void anErrorOfAStepIsAFaultOfTheSimulator() {
    TestProgram program = new TestProgram();
    program.run(w -> w.words[w.words.length] = 1);
    assertThatThrownBy(() -> program.launch(1, 32))
        .isInstanceOfSatisfying(
            SimFault.class, fault -> assertThat(fault.kind()).isEqualTo(LaneFault.Kind.INTERNAL))
        .hasMessageContaining("an error of the simulator")
        .hasCauseInstanceOf(ArrayIndexOutOfBoundsException.class);
  }

  @Test
  void operationsInTheBackgroundHappenLaterButBeforeTheBlockEnds() {
    List<String> events = new ArrayList<>();
    TestProgram program = new TestProgram();
    program.run(w -> w.block.cluster.background.add(() -> events.add("copied")));
    program.run(w -> events.add("issued"));
    program.monitor(
        new Monitor() {
          @Override
          public void blockEnds(Block block) {
            events.add("ended");
          }
        });
    program.launch(1, 32);
    assertThat(events).containsExactly("issued", "copied", "ended");
  }

  @Test
  void aMonitorHearsEveryStepOfEveryPath() {
    Set<Integer> diverged = new HashSet<>();
    List<String> issued = new ArrayList<>();
    TestProgram program = new TestProgram();
    program.test(0, (w, lane) -> lane < 8);
    program.branch(0, false, "end", "end");
    program.guarded(ControlStep.Exit::new, 0, false);
    program.label("end");
    program.monitor(
        new Monitor() {
          @Override
          public void issues(Warp warp, Step step, int path, int active) {
            issued.add(Integer.toHexString(path) + "/" + Integer.toHexString(active));
          }

          @Override
          public void diverges(Warp warp, Step step, int active, int taken) {
            diverged.add(taken);
          }
        });
    long steps = program.launch(1, 32);
    assertThat(diverged).containsExactly(0xff);
    assertThat(issued)
        .containsExactly("ffffffff/ffffffff", "ffffffff/ff", "ffffff00/0", "ffffffff/ffffffff");
    assertThat(steps).isEqualTo(4);
  }
}
