package dev.kiln.tests.cuda.driver;

/** A call fails with a status. */
final class DriverError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;

  /**
   * @param status a {@code CUresult}
   * @param reason for the messages of tests
   */
  DriverError(int status, String reason) {
    super(reason, null, false, false);
    this.status = status;
  }

  int status() {
    return status;
  }
}
