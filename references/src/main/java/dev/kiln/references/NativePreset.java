package dev.kiln.references;

import java.util.Optional;
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

  /** Loads it. Empty if it is loaded, else why not, and what to do; one sentence. */
  public Optional<String> problem() {
    try {
      Loader.load(global);
      return Optional.empty();
    } catch (LinkageError e) {
      return Optional.of("%s cannot be loaded (%s): %s".formatted(library, reason(e), advice));
    }
  }

  /** Which library is missing, where the chain of causes says so; else the first message. */
  static String reason(Throwable error) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      Matcher needed = NEEDED.matcher(String.valueOf(cause.getMessage()));
      if (needed.find()) {
        return needed.group(1) + " is missing";
      }
    }
    return String.valueOf(error.getMessage()).lines().findFirst().orElse("no reason given");
  }
}
