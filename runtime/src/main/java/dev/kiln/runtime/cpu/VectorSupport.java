package dev.kiln.runtime.cpu;

/** Whether this JVM was started with the Vector API, and how wide the machine's vectors are. */
public final class VectorSupport {
  private static final String MODULE = "jdk.incubator.vector";
  private static final int PREFERRED_BITS = detect();

  private VectorSupport() {}

  public static boolean isAvailable() {
    return ModuleLayer.boot().findModule(MODULE).isPresent();
  }

  /** 512, 256 or 128; 0 where the Vector API is absent. */
  public static int preferredBits() {
    return PREFERRED_BITS;
  }

  /** The flag that is missing, for messages. */
  public static String flag() {
    return "--add-modules " + MODULE;
  }

  private static int detect() {
    if (!isAvailable()) {
      return 0;
    }
    int bits = PreferredSpecies.bits();
    return bits >= 512 ? 512 : bits >= 256 ? 256 : 128;
  }

  /** Apart, so that the Vector API is linked only where it is there. */
  private static final class PreferredSpecies {
    static int bits() {
      return jdk.incubator.vector.FloatVector.SPECIES_PREFERRED.vectorBitSize();
    }
  }
}
