package dev.kiln.tests.benchmarks.peer;

import java.util.Arrays;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Runs two programs by turns and takes medians: a few times the one, a pause in which its threads
 * fall asleep, a few times the other.
 */
@AuxCounters(AuxCounters.Type.EVENTS)
@State(Scope.Thread)
public class Turns {
  /** Threads of OpenBLAS and of OpenMP spin for some 25 ms before they sleep. */
  private static final int PAUSE_MS = 40;

  private static final int MOST_SAMPLES = 100_000;
  private static final int LEAST = 5;
  private static final int MOST = 200;
  private static final double SLOW_NANOS = 200e6;
  private static final int SLOW = 2;
  private static final double TURN_NANOS = 10e6;

  private final long[] kilnTimes = new long[MOST_SAMPLES];
  private final long[] peerTimes = new long[MOST_SAMPLES];
  private int count;

  /** Median of an iteration. */
  public double kilnMicros;

  /** Median of an iteration. */
  public double peerMicros;

  /** What the fastest tenth of an iteration took, at most. */
  public double kilnBestMicros;

  /** What the fastest tenth of an iteration took, at most. */
  public double peerBestMicros;

  @Setup(Level.Iteration)
  public void start() {
    count = 0;
  }

  @TearDown(Level.Iteration)
  public void finish() {
    Arrays.sort(kilnTimes, 0, count);
    Arrays.sort(peerTimes, 0, count);
    kilnMicros = kilnTimes[count / 2] / 1e3;
    peerMicros = peerTimes[count / 2] / 1e3;
    kilnBestMicros = kilnTimes[count / 10] / 1e3;
    peerBestMicros = peerTimes[count / 10] / 1e3;
  }

  /** One turn of each, long enough that waking threads up is a small part of it. */
  void take(Contest contest) throws InterruptedException {
    Thread.sleep(PAUSE_MS);
    long start = System.nanoTime();
    contest.kiln().run();
    long first = System.nanoTime() - start;
    int runs = first > SLOW_NANOS ? SLOW : (int) Math.clamp(TURN_NANOS / first, LEAST, MOST);
    runs = Math.min(runs, MOST_SAMPLES - count);
    measure(contest.kiln(), kilnTimes, runs);
    Thread.sleep(PAUSE_MS);
    contest.peer().run();
    measure(contest.peer(), peerTimes, runs);
    count += runs;
  }

  private void measure(Runnable program, long[] times, int runs) {
    for (int i = 0; i < runs; i++) {
      long start = System.nanoTime();
      program.run();
      times[count + i] = System.nanoTime() - start;
    }
  }
}
