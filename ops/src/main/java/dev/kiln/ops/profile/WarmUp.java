package dev.kiln.ops.profile;

import dev.kiln.runtime.Device;
import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;

/**
 * Runs work until the JVM has compiled what it runs. On a busy machine its compilers may take
 * seconds to get there, in which kernels are slower by factors.
 */
final class WarmUp {
  /** As long as the compilers have something to do, up to this. */
  private static final double MOST_NANOS = 4e9;

  private WarmUp() {}

  /**
   * @param millis at least so long, and as long again without anything compiled
   */
  static void of(Device device, Runnable work, double millis) {
    CompilationMXBean compiler = ManagementFactory.getCompilationMXBean();
    boolean compiles =
        device.name().equals("cpu")
            && compiler != null
            && compiler.isCompilationTimeMonitoringSupported();
    long start = System.nanoTime();
    long quiet = start;
    long compiled = -1;
    double window = millis * 1e6;
    while (System.nanoTime() - quiet < window) {
      work.run();
      long total = compiles ? compiler.getTotalCompilationTime() : 0;
      if (total != compiled && System.nanoTime() - start < MOST_NANOS) {
        compiled = total;
        quiet = System.nanoTime();
      }
    }
    device.synchronize();
  }
}
