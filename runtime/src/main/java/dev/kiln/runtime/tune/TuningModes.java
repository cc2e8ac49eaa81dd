package dev.kiln.runtime.tune;

import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.sim.roofline.GpuModel;
import java.util.stream.Collectors;

/** Names of policies. */
final class TuningModes {
  private static final String ESTIMATE = "estimate";

  private static volatile TuningPolicy ofProcess;

  private TuningModes() {}

  static TuningPolicy ofProcess() {
    TuningPolicy policy = ofProcess;
    if (policy == null) {
      String property = System.getProperty("kiln.autotune");
      policy = of(property != null ? property : System.getenv("KILN_AUTOTUNE"));
      ofProcess = policy;
    }
    return policy;
  }

  /**
   * @param setting null where there is none
   */
  static TuningPolicy of(String setting) {
    if (setting == null || setting.isBlank()) {
      return TuningPolicy.FIRST;
    }
    try {
      return parse(setting.strip());
    } catch (KilnException e) {
      throw new KilnException("KILN_AUTOTUNE: " + e.getMessage(), e);
    }
  }

  static TuningPolicy parse(String mode) {
    int colon = mode.indexOf(':');
    String name = colon < 0 ? mode : mode.substring(0, colon);
    if (name.equals(ESTIMATE)) {
      return TuningPolicy.estimate(gpu(mode.substring(colon < 0 ? mode.length() : colon + 1)));
    }
    return switch (mode) {
      case "first" -> TuningPolicy.FIRST;
      case "disk" -> TuningPolicy.FROM_DISK;
      case "measure" -> TuningPolicy.MEASURE;
      default ->
          throw new KilnException(
              "there is no tuning mode '%s'; there are first, disk, measure and estimate:GPU"
                  .formatted(mode));
    };
  }

  private static GpuModel gpu(String name) {
    return GpuModel.find(name)
        .orElseThrow(
            () ->
                new KilnException(
                    (name.isEmpty() ? "estimate needs a GPU" : "there is no GPU '" + name + "'")
                        + "; write estimate:GPU with one of "
                        + GpuModel.all().stream()
                            .map(GpuModel::name)
                            .collect(Collectors.joining(", "))));
  }
}
