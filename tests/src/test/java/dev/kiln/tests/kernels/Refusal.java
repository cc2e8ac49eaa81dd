package dev.kiln.tests.kernels;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.KilnException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** A launcher refuses a call, and says why. */
final class Refusal {
  private Refusal() {}

  /**
   * @param message the whole of it, on the CPU
   */
  static void refused(ThrowingCallable call, String message) {
    String onTested = message.replace(" on cpu", " on " + Cases.tested().name());
    assertThatThrownBy(call).isInstanceOf(KilnException.class).hasMessage(onTested);
  }
}
