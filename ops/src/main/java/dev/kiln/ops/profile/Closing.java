package dev.kiln.ops.profile;

import dev.kiln.runtime.KilnException;

/** Closes things. */
final class Closing {
  private Closing() {}

  static void close(AutoCloseable closeable) {
    try {
      closeable.close();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new KilnException("cannot close " + closeable + ": " + e.getMessage(), e);
    }
  }
}
