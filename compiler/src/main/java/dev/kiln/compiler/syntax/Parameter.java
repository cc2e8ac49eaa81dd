package dev.kiln.compiler.syntax;

import dev.kiln.compiler.diagnostics.Location;
import java.util.Optional;

/** A parameter of a function or lambda. */
public record Parameter(
    Location loc, String name, Kind kind, Optional<Expr> annotation, Optional<Expr> defaultValue) {
  /** As in Python's {@code inspect.Parameter}. */
  public enum Kind {
    POSITIONAL_ONLY,
    POSITIONAL_OR_KEYWORD,
    /** {@code *args} */
    VAR_POSITIONAL,
    KEYWORD_ONLY,
    /** {@code **kwargs} */
    VAR_KEYWORD
  }
}
