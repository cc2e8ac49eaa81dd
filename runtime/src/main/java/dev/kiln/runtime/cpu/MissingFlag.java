package dev.kiln.runtime.cpu;

import java.util.concurrent.atomic.AtomicBoolean;

/** Says once that this JVM runs kernels slowly for want of a flag. */
final class MissingFlag {
  private static final AtomicBoolean SAID = new AtomicBoolean();

  private MissingFlag() {}

  static void warnOnce() {
    if (SAID.compareAndSet(false, true)) {
      System.err.println(
          "kiln: kernels run on scalar loops, slowly but with the same results; start the JVM with "
              + VectorSupport.flag()
              + " --enable-native-access=ALL-UNNAMED");
    }
  }
}
