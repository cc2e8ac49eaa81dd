package dev.kiln.runtime.cache;

import java.io.File;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Where the cache is and how large it may grow.
 *
 * <p>{@code KILN_CACHE=off} turns it off, {@code KILN_CACHE_DIR} names its folder, {@code
 * KILN_CACHE_SIZE} its largest size (bytes, or with K, M, G behind the number). The system
 * properties {@code kiln.cache}, {@code kiln.cache.dir} and {@code kiln.cache.size} come before
 * these.
 *
 * @param folder the folder, which need not exist; empty if the cache is off
 * @param bytes what all files together may take
 * @param remark why the cache is off, or what of the settings is not understood; may be empty
 */
public record CacheSettings(Optional<File> folder, long bytes, String remark) {
  /** Room for some ten thousand kernels. */
  public static final long DEFAULT_BYTES = 512L << 20;

  /** A cache in a folder. */
  public static CacheSettings in(File folder, long bytes) {
    return new CacheSettings(Optional.of(folder), bytes, "");
  }

  /** No cache. */
  public static CacheSettings off(String why) {
    return new CacheSettings(Optional.empty(), 0, why);
  }

  /** The settings of this process. */
  public static CacheSettings ofProcess() {
    return of(CacheSettings::setting, System::getProperty);
  }

  private static String setting(String variable) {
    String property = System.getProperty(variable.toLowerCase(Locale.ROOT).replace('_', '.'));
    return property != null ? property : System.getenv(variable);
  }

  /**
   * @param environment values of variables; null where there is none
   * @param properties values of system properties; likewise
   */
  static CacheSettings of(UnaryOperator<String> environment, UnaryOperator<String> properties) {
    if (isOff(environment.apply("KILN_CACHE"))) {
      return off("turned off by KILN_CACHE");
    }
    String size = environment.apply("KILN_CACHE_SIZE");
    long bytes = size == null ? DEFAULT_BYTES : bytes(size);
    String remark =
        bytes < 0 ? "KILN_CACHE_SIZE=" + size + " is no size such as 200M or 2G; 512M is used" : "";
    String named = environment.apply("KILN_CACHE_DIR");
    Optional<File> folder =
        named != null && !named.isBlank()
            ? Optional.of(new File(named).getAbsoluteFile())
            : defaultFolder(environment, properties);
    return folder.isEmpty()
        ? off("there is no home folder; KILN_CACHE_DIR may name a folder for the cache")
        : new CacheSettings(folder, bytes < 0 ? DEFAULT_BYTES : bytes, remark);
  }

  private static boolean isOff(String value) {
    return value != null
        && (value.equalsIgnoreCase("off")
            || value.equalsIgnoreCase("false")
            || value.equalsIgnoreCase("no")
            || value.equals("0"));
  }

  /** Where the operating system wants caches. */
  private static Optional<File> defaultFolder(
      UnaryOperator<String> environment, UnaryOperator<String> properties) {
    String system = String.valueOf(properties.apply("os.name"));
    String home = properties.apply("user.home");
    // The JVM says "?" where the user has no home.
    File base = home == null || home.length() < 2 ? null : new File(home);
    boolean hasHome = base != null && base.isDirectory();
    if (system.startsWith("Windows")) {
      String local = environment.apply("LOCALAPPDATA");
      return local != null && !local.isBlank()
          ? Optional.of(new File(local, "kiln\\cache"))
          : hasHome ? Optional.of(new File(base, "AppData\\Local\\kiln\\cache")) : Optional.empty();
    }
    if (system.startsWith("Mac")) {
      return hasHome ? Optional.of(new File(base, "Library/Caches/kiln")) : Optional.empty();
    }
    String xdg = environment.apply("XDG_CACHE_HOME");
    if (xdg != null && xdg.startsWith("/")) {
      return Optional.of(new File(xdg, "kiln"));
    }
    return hasHome ? Optional.of(new File(base, ".cache/kiln")) : Optional.empty();
  }

  /** Bytes of a size such as 200M; -1 if it is none. */
  private static long bytes(String size) {
    String number = size.strip();
    int shift = 0;
    if (!number.isEmpty()) {
      shift = 10 * (1 + "KMG".indexOf(Character.toUpperCase(number.charAt(number.length() - 1))));
    }
    try {
      long value = Long.parseLong(shift == 0 ? number : number.substring(0, number.length() - 1));
      return value < 0 || value > Long.MAX_VALUE >> shift ? -1 : value << shift;
    } catch (NumberFormatException e) {
      return -1;
    }
  }
}
