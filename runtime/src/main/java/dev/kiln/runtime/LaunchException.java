package dev.kiln.runtime;

/**
 * A launch whose arguments, grid or options break a rule, or that stopped on the device. The
 * message names the kernel and the argument.
 */
public class LaunchException extends KilnException {
  private static final long serialVersionUID = 1L;

  public LaunchException(String kernel, String message) {
    super("kernel '" + kernel + "': " + message);
  }

  public LaunchException(String kernel, String message, Throwable cause) {
    super("kernel '" + kernel + "': " + message, cause);
  }
}
