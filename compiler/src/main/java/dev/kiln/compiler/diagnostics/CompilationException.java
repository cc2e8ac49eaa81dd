package dev.kiln.compiler.diagnostics;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A fault in a kernel's source. Carries every diagnostic that was found; the first error is the
 * cause.
 */
public final class CompilationException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final transient List<Diagnostic> diagnostics;

  public CompilationException(List<Diagnostic> diagnostics) {
    super(diagnostics.stream().map(Diagnostic::render).collect(Collectors.joining("\n")));
    this.diagnostics = List.copyOf(diagnostics);
  }

  public CompilationException(Diagnostic diagnostic) {
    this(List.of(diagnostic));
  }

  public static CompilationException at(Location location, String message) {
    return new CompilationException(Diagnostic.error(location, message));
  }

  public static CompilationException at(Location location, String message, String hint) {
    return new CompilationException(Diagnostic.error(location, message, hint));
  }

  public List<Diagnostic> diagnostics() {
    return diagnostics;
  }
}
