package dev.kiln.runtime;

/** A device has not enough memory, or a buffer is used after it was closed or outside its size. */
public final class DeviceMemoryException extends KilnException {
  private static final long serialVersionUID = 1L;

  public DeviceMemoryException(String message) {
    super(message);
  }

  public DeviceMemoryException(String message, Throwable cause) {
    super(message, cause);
  }
}
