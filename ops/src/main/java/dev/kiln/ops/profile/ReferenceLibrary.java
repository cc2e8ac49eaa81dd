package dev.kiln.ops.profile;

import dev.kiln.runtime.Device;
import java.util.Optional;

/**
 * A library whose operations are compared with Kiln's. Found by {@link java.util.ServiceLoader};
 * implementations have a public constructor without arguments, which loads nothing.
 */
public interface ReferenceLibrary {
  /** On the command line, in tables and in JSON: {@code libtorch}. */
  String name();

  /** Whether it computes where this device does: {@code cpu} or {@code cuda}. */
  boolean isFor(Device device);

  /** Why it cannot be used on this machine, for example as its file cannot be loaded. */
  Optional<String> unavailable();

  /** Version and settings that matter: {@code 2.10.0, 2 threads}. Asked for only if available. */
  String version();

  /**
   * Makes the library's call for a case. Copies the inputs, and chooses algorithms.
   *
   * @param inputs as Kiln has them
   * @param device that Kiln's call runs on, whose place the library takes
   * @return empty if the library has no such operation, shape or dtype
   */
  Optional<ReferenceRun> prepare(CaseInputs inputs, Device device);
}
