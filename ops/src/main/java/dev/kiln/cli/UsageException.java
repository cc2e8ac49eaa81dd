package dev.kiln.cli;

import dev.kiln.runtime.KilnException;

/** A command line that is wrong whatever the files hold: exit code 2. */
final class UsageException extends KilnException {
  private static final long serialVersionUID = 1L;

  UsageException(String message) {
    super(message);
  }

  /**
   * The options that the compiler takes no notice of on the CPU, but that no GPU would accept.
   *
   * @throws UsageException if they are none of Triton's
   */
  static void requireLaunchOptions(int numWarps, int numStages) {
    if (Integer.bitCount(numWarps) != 1 || numWarps < 0) {
      throw new UsageException("--num-warps takes a power of 2, got " + numWarps);
    }
    if (numStages < 0) {
      throw new UsageException("--num-stages must not be negative, got " + numStages);
    }
  }
}
