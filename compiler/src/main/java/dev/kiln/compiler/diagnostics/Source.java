package dev.kiln.compiler.diagnostics;

import java.util.List;
import java.util.Objects;

/**
 * A source text and the name under which messages speak of it. Two sources are the same only if
 * they are one object.
 */
public final class Source {
  private final String name;
  private final String text;
  private final List<String> lines;

  public Source(String name, String text) {
    this.name = Objects.requireNonNull(name);
    this.text = Objects.requireNonNull(text);
    this.lines = text.lines().toList();
  }

  public String name() {
    return name;
  }

  public String text() {
    return text;
  }

  /** The text of a line, counted from 1; empty beyond the end. */
  public String line(int number) {
    return number >= 1 && number <= lines.size() ? lines.get(number - 1) : "";
  }

  @Override
  public String toString() {
    return name;
  }
}
