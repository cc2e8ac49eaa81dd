package dev.kiln.ops.classical;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.KilnException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** A method refuses a call, and says why. */
final class Faults {
  private Faults() {}

  /**
   * @param message the whole of it
   */
  static void refused(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(KilnException.class).hasMessage(message);
  }
}
