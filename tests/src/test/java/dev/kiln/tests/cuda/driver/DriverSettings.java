package dev.kiln.tests.cuda.driver;

import dev.kiln.compiler.Target;
import java.util.List;

/**
 * The machine that the stand-in pretends to be.
 *
 * @param gpus in the order of their numbers
 * @param version of CUDA that the driver knows: 13000 for 13.0
 * @param deviceBytes memory of each GPU
 * @param pools whether the driver has memory pools
 * @param peers whether GPUs reach each other's memory
 */
public record DriverSettings(
    List<Target> gpus, int version, long deviceBytes, boolean pools, boolean peers) {
  private static final long DEFAULT_BYTES = 1L << 30;

  /** Two A100, a driver of CUDA 13.0. */
  public static DriverSettings standard() {
    return new DriverSettings(
        List.of(Target.SM_80, Target.SM_80), 13_000, DEFAULT_BYTES, true, true);
  }

  public DriverSettings withGpus(Target... targets) {
    return new DriverSettings(List.of(targets), version, deviceBytes, pools, peers);
  }

  public DriverSettings withVersion(int newVersion) {
    return new DriverSettings(gpus, newVersion, deviceBytes, pools, peers);
  }

  public DriverSettings withMemory(long bytes) {
    return new DriverSettings(gpus, version, bytes, pools, peers);
  }

  public DriverSettings withoutPools() {
    return new DriverSettings(gpus, version, deviceBytes, false, peers);
  }

  public DriverSettings withoutPeers() {
    return new DriverSettings(gpus, version, deviceBytes, pools, false);
  }

  /** The newest {@code .version} of PTX that the driver knows, by ten: 90 for 9.0. */
  int ptxVersion() {
    int major = version / 1000;
    int minor = version % 1000 / 10;
    return switch (major) {
      case 11 -> 70 + minor;
      // 12.6 and 12.7 share 8.5 and 8.6: 12.8 has 8.7, 12.9 has 8.8.
      case 12 -> minor < 6 ? 80 + minor : 79 + minor;
      default -> 90 + minor;
    };
  }
}
