package dev.kiln.runtime.sim.exec;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The steps of a program that has run for long, some of them joined. They are made by a thread
 * beside those that run the program.
 */
final class JoinedSteps {
  /** Straight runs of a program before its steps are joined: some tenths of a second at best. */
  private static final int RUNS_BEFORE_JOINING = 1 << 20;

  /** Of these, the part that a run must have for its steps to be worth it. */
  private static final int LEAST_PART = 64;

  /** Joining fewer steps gains nothing. */
  private static final int FEWEST = 3;

  /** The JIT does not take arbitrarily large methods. */
  private static final int MOST = 48;

  private static final ThreadPoolExecutor MAKERS = makers();

  /** For each step what runs in its place and that of those after it; mostly the step itself. */
  final Step[] steps;

  /** For each step the one after those that {@link #steps} stands for. */
  final int[] ends;

  /** Once it does not work, it does not work for the others either. */
  private boolean gaveUp;

  private JoinedSteps(Code code, int[] runs) {
    int count = code.steps.length;
    steps = code.steps.clone();
    ends = new int[count];
    Arrays.setAll(ends, pc -> pc + 1);
    for (int pc = 0; pc < count && !gaveUp; pc++) {
      if (runs[pc] > RUNS_BEFORE_JOINING / LEAST_PART) {
        joinRun(pc, code.endTogether[pc]);
      }
    }
  }

  private static ThreadPoolExecutor makers() {
    var makers =
        new ThreadPoolExecutor(
            1,
            1,
            1,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> Thread.ofPlatform().daemon().name("kiln-sim-joins").unstarted(task));
    makers.allowCoreThreadTimeOut(true);
    return makers;
  }

  private void joinRun(int from, int end) {
    int pc = from;
    while (pc < end) {
      List<Joinable> found = new ArrayList<>();
      int next = pc;
      while (next < end && found.size() < MOST && joins(steps[next])) {
        found.add((Joinable) steps[next++]);
      }
      if (found.size() >= FEWEST && !gaveUp) {
        join(pc, found);
      }
      pc = Math.max(next, pc + 1);
    }
  }

  private void join(int pc, List<Joinable> found) {
    Step joined = found.getFirst().joined(found);
    if (joined == null) {
      gaveUp = true;
      return;
    }
    joined.place(steps[pc].site());
    steps[pc] = joined;
    ends[pc] = pc + found.size();
  }

  private static boolean joins(Step step) {
    return step.guard < 0 && step instanceof Joinable joinable && joinable.joins();
  }

  /** Counts straight runs, and has the steps of those that run often joined in time. */
  static final class Counter {
    private final Code code;
    private final int[] runs;
    private int all;

    Counter(Code code) {
      this.code = code;
      this.runs = new int[code.steps.length];
    }

    /** A straight run begins at a step. Threads may overwrite each other's counts. */
    void count(int pc) {
      runs[pc]++;
      if (++all == RUNS_BEFORE_JOINING) {
        int[] counts = runs.clone();
        MAKERS.execute(() -> code.joined = new JoinedSteps(code, counts));
      }
    }
  }
}
