package dev.kiln.compiler;

import java.util.List;

/**
 * One version of a kernel: what is known about each parameter, in the order of the parameters, and
 * the options that change its meaning.
 *
 * @param arguments one for each parameter of the kernel, those declared {@code tl.constexpr}
 *     included
 */
public record Specialization(List<ArgumentSpec> arguments, CompileOptions options) {
  public Specialization {
    arguments = List.copyOf(arguments);
  }

  /** Spelt out for the same reason as those of {@link ArgumentSpec}. */
  @Override
  public int hashCode() {
    return 31 * arguments.hashCode() + options.hashCode();
  }
}
