package dev.kiln.runtime.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RecentLaunchesTest {
  /** Streams are told apart by identity only; none is as good as any. */
  private static final CudaStream STREAM = null;

  private final RecentLaunches launches = new RecentLaunches();

  private record Named(String name) implements RecentLaunches.Launched {
    @Override
    public String describe(int gridX, int gridY, int gridZ, MemorySegment arguments) {
      return "%s %d,%d,%d n=%d"
          .formatted(name, gridX, gridY, gridZ, RecentLaunches.argument(arguments, 0));
    }

    @Override
    public int arguments() {
      return 1;
    }
  }

  private void launch(String name, long n) {
    launches.add(new Named(name), STREAM, 1, 2, 3, MemorySegment.ofArray(new long[] {n}));
  }

  @Test
  void launchesAreToldOldestFirstWithTheirArguments() {
    launch("a", 7);
    launch("b", 8);
    assertThat(launches.candidates()).containsExactly("a 1,2,3 n=7", "b 1,2,3 n=8");
    assertThat(launches.last()).containsExactly("b 1,2,3 n=8");
  }

  @Test
  void argumentsAreThoseOfTheLaunchAndNotOfLaterOnes() {
    var n = new long[] {1};
    launches.add(new Named("a"), STREAM, 1, 1, 1, MemorySegment.ofArray(n));
    n[0] = 2;
    assertThat(launches.candidates()).containsExactly("a 1,1,1 n=1");
  }

  @Test
  void whatHasFinishedIsNoCandidate() {
    launch("a", 1);
    long mark = launches.mark();
    launch("b", 2);
    launches.finished(STREAM, mark);
    assertThat(launches.candidates()).containsExactly("b 1,2,3 n=2");
    launches.finished(STREAM, launches.mark());
    assertThat(launches.candidates()).isEmpty();
    assertThat(launches.last()).isEmpty();
  }

  @Test
  void onlyTheLastAreKept() {
    IntStream.range(0, 100).forEach(i -> launch("k", i));
    assertThat(launches.candidates())
        .hasSize(32)
        .startsWith("k 1,2,3 n=68")
        .endsWith("k 1,2,3 n=99");
    launches.finished(STREAM, 99);
    assertThat(launches.candidates()).containsExactly("k 1,2,3 n=99");
  }
}
