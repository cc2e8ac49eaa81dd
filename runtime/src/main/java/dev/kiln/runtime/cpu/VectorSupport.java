package dev.kiln.runtime.cpu;

/** Whether this JVM was started with the Vector API, and how wide the machine's vectors are. */
public final class VectorSupport {
  private static final String MODULE = "jdk.incubator.vector";

  private VectorSupport() {}

  public static boolean isAvailable() {
    return ModuleLayer.boot().findModule(MODULE).isPresent();
  }

  /** 512, 256 or 128; 0 where the Vector API is absent. */
  public static int preferredBits() {
    return isAvailable() ? Widest.BITS : 0;
  }

  /** The flag that is missing, for messages. */
  public static String flag() {
    return "--add-modules " + MODULE;
  }

  /** Found out once; apart, so that the Vector API is linked only where it is there. */
  private static final class Widest {
    static final int BITS = bits();

    private static int bits() {
      int bits = jdk.incubator.vector.FloatVector.SPECIES_PREFERRED.vectorBitSize();
      return bits >= 512 ? 512 : bits >= 256 ? 256 : 128;
    }
  }
}
