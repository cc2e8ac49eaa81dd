package dev.kiln.ops.profile;

import dev.kiln.runtime.sim.roofline.GpuModel;
import java.util.List;

/**
 * How to profile.
 *
 * @param seed of the inputs
 * @param check whether results are compared with the definitions in plain Java
 * @param warmUpMillis of each call that is timed; on a CPU several times that
 * @param millis of timed calls
 * @param checkedFlops with more operations than that a smaller call is checked in place of the
 *     profiled one, as the definition takes too long
 * @param gpus for which calls on a simulated device are estimated
 */
public record ProfileOptions(
    long seed,
    boolean check,
    double warmUpMillis,
    double millis,
    double checkedFlops,
    List<GpuModel> gpus) {
  public ProfileOptions {
    gpus = List.copyOf(gpus);
  }

  /**
   * Warms up for longer than {@code triton.testing.do_bench}, as the JVM compiles what runs often;
   * what takes seconds in plain Java is checked.
   */
  public static ProfileOptions standard() {
    return new ProfileOptions(1, true, 150, 150, 3e8, List.of());
  }

  /** A first look: figures are rough, and only small calls are checked as a whole. */
  public static ProfileOptions quick() {
    return new ProfileOptions(1, true, 30, 30, 5e7, List.of());
  }

  public ProfileOptions withoutCheck() {
    return new ProfileOptions(seed, false, warmUpMillis, millis, checkedFlops, gpus);
  }

  public ProfileOptions withGpus(List<GpuModel> some) {
    return new ProfileOptions(seed, check, warmUpMillis, millis, checkedFlops, some);
  }
}
