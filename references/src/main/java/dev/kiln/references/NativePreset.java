package dev.kiln.references;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.javacpp.Loader;

/**
 * A native library behind JavaCPP's classes.
 *
 * @param library as its makers call it
 * @param global the class of its functions, which is not initialised by being named here
 * @param advice what to install where it is missing; a clause
 */
public record NativePreset(String library, Class<?> global, String advice) {
  /** What the system's loader says of a library that another one needs. */
  private static final Pattern NEEDED =
      Pattern.compile("(lib[\\w+.-]+\\.so[\\w.]*): cannot open shared object file");

  private static final Pattern OF_PRESET = Pattern.compile("no jni(\\w+) in java.library.path");
  private static final Pattern FAILED_BEFORE =
      Pattern.compile("Could not initialize class [\\w.]+\\.(\\w+)");
  private static final String DRIVER = "libcuda.so.1";

  /**
   * Why a preset's class could not be initialised, by its simple name: the JVM tells it the first
   * time alone, and several libraries share such a class.
   */
  private static final Map<String, String> REASONS = new ConcurrentHashMap<>();

  /** Loads it. Empty if it is loaded, else why not, and what to do; one sentence. */
  public Optional<String> problem() {
    try {
      Loader.load(global);
      return Optional.empty();
    } catch (LinkageError e) {
      String reason = reason(e);
      return Optional.of(
          "%s cannot be loaded (%s): %s"
              .formatted(
                  library,
                  reason,
                  reason.startsWith(DRIVER) ? "install NVIDIA's driver for the GPU" : advice));
    }
  }

  /** Which library is missing, where that can be known; else the first message. */
  private static String reason(LinkageError error) {
    String first = String.valueOf(error.getMessage());
    Matcher before = FAILED_BEFORE.matcher(first);
    if (before.find()) {
      return REASONS.getOrDefault(before.group(1), first);
    }
    String reason = missing(error).map(name -> name + " is missing").orElse(first);
    Matcher preset = OF_PRESET.matcher(first);
    if (preset.find()) {
      REASONS.putIfAbsent(preset.group(1), reason);
    }
    return reason;
  }

  private static Optional<String> missing(Throwable error) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      Matcher needed = NEEDED.matcher(String.valueOf(cause.getMessage()));
      if (needed.find()) {
        return Optional.of(needed.group(1));
      }
    }
    return Optional.empty();
  }
}
