package dev.kiln.runtime.sim.isa.vector;

import dev.kiln.runtime.cpu.VectorSupport;
import java.util.function.Supplier;

/** Whether decoders choose steps over the Vector API: only where the JVM was started with it. */
public final class VectorForms {
  private static final ThreadLocal<Boolean> SUPPRESSED = ThreadLocal.withInitial(() -> false);

  private VectorForms() {}

  /** Asked by decoders. */
  public static boolean inUse() {
    return VectorSupport.isAvailable() && !SUPPRESSED.get();
  }

  /** What the decoders that this calls would do without the Vector API. */
  public static <T> T without(Supplier<T> decoding) {
    boolean before = SUPPRESSED.get();
    SUPPRESSED.set(true);
    try {
      return decoding.get();
    } finally {
      SUPPRESSED.set(before);
    }
  }
}
