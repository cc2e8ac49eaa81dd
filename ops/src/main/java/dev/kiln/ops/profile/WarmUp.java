package dev.kiln.ops.profile;

import dev.kiln.runtime.Device;
import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;

/**
 * Runs work until the JVM has compiled what it runs. On a busy machine its compilers may take
 * seconds to get there, in which kernels are slower by factors.
 */
final class WarmUp {
  /** Stretches, if compilers always have something to do, or code always becomes faster. */
  private static final int MOST = 30;

  /** Stretches without a change. */
  private static final int STEADY = 2;

  /** A change by less is noise. */
  private static final double FASTER = 0.9;

  private WarmUp() {}

  /**
   * @param millis of a stretch; on devices that run code of the JVM there are as many as it takes,
   *     on others there is one
   */
  static void of(Device device, Runnable work, double millis) {
    CompilationMXBean compiler = ManagementFactory.getCompilationMXBean();
    boolean tells = compiler != null && compiler.isCompilationTimeMonitoringSupported();
    boolean compiles = device.warmsUp() && tells;
    long start = System.nanoTime();
    double best = Double.POSITIVE_INFINITY;
    long compiled = -1;
    int steady = compiles ? 0 : STEADY;
    do {
      double each = nanosOfRun(device, work, millis * 1e6);
      if (compiles) {
        long total = compiler.getTotalCompilationTime();
        steady = total == compiled && each > FASTER * best ? steady + 1 : 0;
        compiled = total;
        best = Math.min(best, each);
      }
    } while (steady < STEADY && System.nanoTime() - start < MOST * millis * 1e6);
  }

  private static double nanosOfRun(Device device, Runnable work, double nanos) {
    long start = System.nanoTime();
    int runs = 0;
    do {
      work.run();
      runs++;
    } while (System.nanoTime() - start < nanos);
    device.synchronize();
    return (double) (System.nanoTime() - start) / runs;
  }
}
