package dev.kiln.compiler.eval;

/**
 * How much a launch may execute before it is stopped with a {@link LimitExceededException}.
 *
 * @param steps operations, in all programs together
 * @param iterations of one execution of one loop
 */
public record Limits(long steps, long iterations) {
  public static final Limits NONE = new Limits(Long.MAX_VALUE, Long.MAX_VALUE);
}
