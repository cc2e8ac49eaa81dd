package dev.kiln.tests.benchmarks.peer;

import dev.kiln.runtime.cpu.CpuDevice;
import java.util.Map;
import java.util.function.Function;

/**
 * Work that Kiln and another library do by turns.
 *
 * @param name selects the row
 * @param what is done, for the table
 * @param goal the least ratio of the peer's time to Kiln's that is wanted; 0 for none
 * @param threads of both
 * @param memory whether the most memory that each needs is measured, too
 * @param environment variables that the JVM is started with
 * @param contest makes the work on a device of that many threads
 */
public record PeerRow(
    String name,
    String what,
    double goal,
    int threads,
    boolean memory,
    Map<String, String> environment,
    Function<CpuDevice, Contest> contest) {
  private static final int THREADS = 2;

  static PeerRow of(String name, String what, double goal, Function<CpuDevice, Contest> contest) {
    return new PeerRow(name, what, goal, THREADS, false, Map.of(), contest);
  }

  PeerRow onOneThread() {
    return new PeerRow(
        name + "-1-thread", what + ", 1 thread", goal, 1, memory, environment, contest);
  }

  PeerRow with(String variable, String value) {
    return new PeerRow(name, what, goal, threads, memory, Map.of(variable, value), contest);
  }

  PeerRow withMemory() {
    return new PeerRow(name, what, goal, threads, true, environment, contest);
  }
}
