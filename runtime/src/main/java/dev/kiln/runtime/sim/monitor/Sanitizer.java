package dev.kiln.runtime.sim.monitor;

import java.util.Locale;

/** What a launch can be watched for. */
public enum Sanitizer {
  /** Out of bounds, misaligned, freed, wrong space, also by asynchronous copies. */
  MEMORY,
  /** Reads of global, shared or local memory that nobody has written. */
  INIT,
  /** Unordered conflicting accesses to shared and, within a launch, global memory. */
  RACE,
  /** Misuse of barriers, masks, groups, mbarriers and wgmma registers. */
  SYNC;

  /** The name on the command line. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
