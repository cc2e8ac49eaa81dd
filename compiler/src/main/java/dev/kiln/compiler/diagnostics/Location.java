package dev.kiln.compiler.diagnostics;

import java.util.Optional;

/**
 * A position in a source: line and column count from 1.
 *
 * @param endColumn column after the last character on {@code line}; at least {@code column}
 * @param callSite where the function that holds this position was called, if it was inlined
 */
public record Location(
    Source source, int line, int column, int endColumn, Optional<Location> callSite) {
  private static final Source NOWHERE = new Source("<unknown>", "");

  /** For operations that the compiler makes without a source of their own. */
  public static final Location UNKNOWN = new Location(NOWHERE, 0, 0, 0, Optional.empty());

  public static Location of(Source source, int line, int column, int endColumn) {
    return new Location(source, line, column, Math.max(column, endColumn), Optional.empty());
  }

  /** The same position, reached through a call. */
  public Location calledFrom(Location site) {
    return new Location(source, line, column, endColumn, Optional.of(site));
  }

  public boolean isKnown() {
    return line > 0;
  }

  @Override
  public String toString() {
    return isKnown() ? source.name() + ":" + line + ":" + column : "<unknown>";
  }
}
