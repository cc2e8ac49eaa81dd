package dev.kiln.runtime.tune;

import dev.kiln.runtime.LaunchException;

/** A kernel that cannot be tried without a risk for memory that others use. */
public final class UnsafeTrialException extends LaunchException {
  private static final long serialVersionUID = 1L;

  public UnsafeTrialException(String kernel, String message) {
    super(kernel, message);
  }
}
