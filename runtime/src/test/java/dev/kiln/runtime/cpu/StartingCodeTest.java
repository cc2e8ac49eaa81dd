package dev.kiln.runtime.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.jvm.ProgramBody;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class StartingCodeTest {
  private static final KernelCode STARTER = code();
  private static final KernelCode STAYING = code();
  private static final long COST = StartingCode.SMALL_LAUNCH / 10;

  private static KernelCode code() {
    return new KernelCode(
        new ProgramBody() {
          @Override
          public void run(
              MemorySegment memory,
              long memoryBase,
              long arguments,
              long scratch,
              int first,
              int end,
              int gridX,
              int gridY,
              int gridZ) {}
        },
        64);
  }

  private static KernelCode await(CountDownLatch latch) {
    try {
      latch.await();
      return STAYING;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void smallLaunchesRunOnTheStarterUntilTheOtherClassIsReady() throws InterruptedException {
    var latch = new CountDownLatch(1);
    var code = new StartingCode(STARTER, COST, () -> await(latch));
    assertThat(code.forLaunch(1)).isSameAs(STARTER);
    assertThat(code.forLaunch(10)).isSameAs(STARTER);
    latch.countDown();
    assertThat(code.forLaunch(11)).isSameAs(STAYING);
    assertThat(code.forLaunch(1)).isSameAs(STAYING);
  }

  @Test
  void theOtherClassIsPreparedThoughNoLaunchWaitsForIt() throws InterruptedException {
    var code = new StartingCode(STARTER, COST, () -> STAYING);
    while (code.forLaunch(1) != STAYING) {
      Thread.sleep(1);
    }
  }

  @Test
  void aLargeLaunchDoesNotWaitForOtherKernels() {
    var latch = new CountDownLatch(1);
    var first = new StartingCode(STARTER, COST, () -> await(latch));
    var second = new StartingCode(STARTER, COST, () -> STAYING);
    assertThat(second.forLaunch(1000)).isSameAs(STAYING);
    latch.countDown();
    assertThat(first.forLaunch(1000)).isSameAs(STAYING);
  }

  @Test
  void whatFailsIsToldToTheLaunchThatNeedsIt() {
    var code =
        new StartingCode(
            STARTER,
            COST,
            () -> {
              throw new IllegalStateException("no class");
            });
    assertThat(code.forLaunch(1)).isSameAs(STARTER);
    assertThatThrownBy(() -> code.forLaunch(1000)).hasMessage("no class");
    assertThat(code.forLaunch(1)).isSameAs(STARTER);
  }

  @Test
  void oneClassMayServeAllLaunches() {
    assertThat(new StartingCode(STAYING).forLaunch(Long.MAX_VALUE)).isSameAs(STAYING);
  }
}
