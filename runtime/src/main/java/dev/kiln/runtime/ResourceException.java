package dev.kiln.runtime;

/**
 * A launch that asks for more of something than the device has for a block: shared memory,
 * registers, threads, local memory. Another configuration may work.
 */
public final class ResourceException extends LaunchException {
  private static final long serialVersionUID = 1L;

  public ResourceException(String kernel, String message) {
    super(kernel, message);
  }

  public ResourceException(String kernel, String message, Throwable cause) {
    super(kernel, message, cause);
  }
}
