package dev.kiln.references.cuda;

import dev.kiln.runtime.KilnException;
import java.util.function.IntFunction;
import org.bytedeco.javacpp.BytePointer;

/**
 * What the statuses of a library mean: 0 is success in all of them.
 *
 * @param library as its makers call it
 * @param text of a status
 */
record LibraryCalls(String library, IntFunction<BytePointer> text) {
  /**
   * Looks at what a call returned.
   *
   * @throws KilnException if it failed
   */
  void check(int status, String call) {
    if (status != 0) {
      throw new KilnException(
          "%s: %s failed: %s (%d)"
              .formatted(library, call, text.apply(status).getString(), status));
    }
  }
}
