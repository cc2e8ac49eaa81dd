package dev.kiln.runtime.tune;

import dev.kiln.runtime.LaunchException;

/** A launch that cannot be tried: it has nothing to run, or would put at risk what others use. */
public final class UntriedException extends LaunchException {
  private static final long serialVersionUID = 1L;

  private final boolean lasting;

  /**
   * @param lasting whether later launches of the same key cannot be tried either
   */
  public UntriedException(String kernel, String reason, boolean lasting) {
    super(kernel, "its configurations were not tried: " + reason);
    this.lasting = lasting;
  }

  boolean isLasting() {
    return lasting;
  }
}
