package dev.kiln.runtime.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProgramSchedulerTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void everyProgramRunsExactlyOnceInEveryLaunch(int threads) {
    try (var scheduler = new ProgramScheduler(threads)) {
      for (int launch = 0; launch < 2_000; launch++) {
        int count = 1 + launch % 97;
        var runs = new AtomicIntegerArray(count);
        scheduler.run(
            (thread, first, end) -> {
              for (int i = first; i < end; i++) {
                runs.incrementAndGet(i);
              }
            },
            count,
            false);
        for (int i = 0; i < count; i++) {
          assertThat(runs.get(i)).as("program %d of launch %d", i, launch).isEqualTo(1);
        }
      }
    }
  }

  @Test
  void aProgramMayWaitForALowerOne() {
    try (var scheduler = new ProgramScheduler(3)) {
      int count = 300;
      var finished = new AtomicIntegerArray(count);
      scheduler.run(
          (thread, first, end) -> {
            for (int i = first; i < end; i++) {
              while (i > 0 && finished.get(i - 1) == 0) {
                Thread.yield();
              }
              finished.set(i, 1);
            }
          },
          count,
          false);
      assertThat(finished.get(count - 1)).isEqualTo(1);
    }
  }

  @Test
  void launchesInOrderRunOnTheCaller() {
    try (var scheduler = new ProgramScheduler(4)) {
      Thread caller = Thread.currentThread();
      scheduler.run(
          (thread, first, end) -> {
            assertThat(Thread.currentThread()).isSameAs(caller);
            assertThat(first).isZero();
            assertThat(end).isEqualTo(100);
          },
          100,
          true);
    }
  }

  @Test
  void aFailureReachesTheCallerAndTheNextLaunchWorks() {
    try (var scheduler = new ProgramScheduler(2)) {
      for (int round = 0; round < 50; round++) {
        assertThatThrownBy(
                () ->
                    scheduler.run(
                        (thread, first, end) -> {
                          if (first >= 40) {
                            throw new IllegalStateException("program " + first);
                          }
                        },
                        100,
                        false))
            .isInstanceOf(IllegalStateException.class);
        var runs = new AtomicIntegerArray(64);
        scheduler.run(
            (thread, first, end) -> {
              for (int i = first; i < end; i++) {
                runs.incrementAndGet(i);
              }
            },
            64,
            false);
        for (int i = 0; i < 64; i++) {
          assertThat(runs.get(i)).isEqualTo(1);
        }
      }
    }
  }
}
