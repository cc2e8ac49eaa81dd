package dev.kiln.ops.profile;

import java.util.List;
import java.util.Optional;

/**
 * The profile of some operations on a device.
 *
 * @param device its name
 * @param model the device with all that makes one faster than another
 * @param roofline what it could do at best; empty for simulated devices
 * @param references libraries that were found, those that cannot be used included
 * @param gpus names of the GPUs that launches in the simulator were estimated for
 */
public record ProfileReport(
    String device,
    String model,
    Optional<DeviceRoofline> roofline,
    List<Library> references,
    List<String> gpus,
    List<ProfileRow> rows) {
  /**
   * A library to compare with.
   *
   * @param version empty if it is unavailable
   * @param unavailable why it cannot be used
   */
  public record Library(String name, Optional<String> version, Optional<String> unavailable) {}

  public ProfileReport {
    references = List.copyOf(references);
    gpus = List.copyOf(gpus);
    rows = List.copyOf(rows);
  }

  /** Whether every call could be made and no result was found wrong. */
  public boolean isRight() {
    return rows.stream().allMatch(ProfileRow::isRight);
  }
}
