package dev.kiln.runtime;

/**
 * A fault that the user of the API can act on. Its message stands on its own; no stack trace is
 * needed to understand it.
 */
public class KilnException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public KilnException(String message) {
    super(message);
  }

  public KilnException(String message, Throwable cause) {
    super(message, cause);
  }
}
