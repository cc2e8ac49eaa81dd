package dev.kiln.compiler.python;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Location;
import java.util.Optional;

/**
 * A Python exception: its name and message as Python words them, and where it was raised once that
 * is known.
 *
 * <p>It has no stack trace of the JVM: it is a result of evaluation, not a fault of the evaluator.
 */
public final class PythonError extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final String type;
  private final String text;
  private final transient Location location;

  public PythonError(String type, String text) {
    this(type, text, Location.UNKNOWN);
  }

  private PythonError(String type, String text, Location location) {
    super(text.isEmpty() ? type : type + ": " + text, null, false, false);
    this.type = type;
    this.text = text;
    this.location = location;
  }

  public static PythonError type(String text) {
    return new PythonError("TypeError", text);
  }

  public static PythonError value(String text) {
    return new PythonError("ValueError", text);
  }

  public static PythonError zeroDivision(String text) {
    return new PythonError("ZeroDivisionError", text);
  }

  public static PythonError overflow(String text) {
    return new PythonError("OverflowError", text);
  }

  /** What cannot be known or done at compile time; not an exception of Python's. */
  public static PythonError unsupported(String text) {
    return new PythonError("NotSupported", text);
  }

  /** The name of the exception: {@code ZeroDivisionError}. */
  public String type() {
    return type;
  }

  /** The message without the name: {@code division by zero}. */
  public String text() {
    return text;
  }

  public Optional<Location> location() {
    return Optional.ofNullable(location).filter(Location::isKnown);
  }

  /** The same error, raised at {@code place} unless a place within it is known already. */
  public PythonError raisedAt(Location place) {
    return location().isPresent() ? this : new PythonError(type, text, place);
  }

  /** The diagnostic of this error, at its own place if that is known, else at {@code place}. */
  public CompilationException at(Location place) {
    String message = type.equals("NotSupported") ? text : getMessage();
    return CompilationException.at(location().orElse(place), message);
  }
}
