package dev.kiln.runtime.cuda;

import dev.kiln.runtime.KilnException;

/**
 * A function of the CUDA driver failed. The message has the call, the status with its name and the
 * driver's text, and what to do, as far as that is known.
 */
public final class CudaException extends KilnException {
  private static final long serialVersionUID = 1L;

  private final String call;
  private final int number;
  private final String statusName;

  CudaException(String call, CudaStatus status, String message, Throwable cause) {
    super(message, cause);
    this.call = call;
    this.number = status.number();
    this.statusName = status.name();
  }

  /** The function that returned the status. */
  public String call() {
    return call;
  }

  /** The status as a number: 700. */
  public int number() {
    return number;
  }

  /** The name of the status: {@code CUDA_ERROR_ILLEGAL_ADDRESS}. */
  public String statusName() {
    return statusName;
  }

  /** A failure with nothing more to tell than what the driver says. */
  static CudaException of(String call, CudaStatus status) {
    return of(call, status, "");
  }

  /**
   * A failure.
   *
   * @param more sentences between the driver's text and the advice, or nothing
   */
  static CudaException of(String call, CudaStatus status, String more) {
    String advice = status.advice().map(text -> "; " + text).orElse("");
    return new CudaException(call, status, call + ": " + status + advice + more, null);
  }
}
