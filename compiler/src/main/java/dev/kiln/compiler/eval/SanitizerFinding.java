package dev.kiln.compiler.eval;

import dev.kiln.compiler.diagnostics.Diagnostic;
import dev.kiln.compiler.diagnostics.Location;
import java.util.List;

/**
 * Something that a kernel must not do, and did.
 *
 * @param location of the operation that did it
 * @param program the first program in which it happened
 * @param index the first element at which it happened; empty for scalars
 * @param message what it was, without the place
 * @param occurrences how often this operation did it, in all programs and elements
 */
public record SanitizerFinding(
    Kind kind,
    String kernel,
    Location location,
    ProgramId program,
    List<Integer> index,
    String message,
    long occurrences) {
  public SanitizerFinding {
    index = List.copyOf(index);
  }

  /** What was wrong. */
  public enum Kind {
    OUT_OF_RANGE,
    MISALIGNED,
    CONST_STORE,
    UNDEFINED_ADDRESS,
    UNDEFINED_MASK,
    UNDEFINED_CONDITION,
    UNDEFINED_BOUND,
    UNDEFINED_STORE,
    /** An {@code assume} that did not hold. */
    FALSE_ASSUMPTION,
    /** A {@code multiple_of} or one of its kin that did not hold. */
    FALSE_HINT
  }

  /** File, line, the source line with a caret, and where in the launch it happened. */
  public String render() {
    var out = new StringBuilder(Diagnostic.error(location, message).render());
    out.append("\n  in kernel ").append(kernel).append(", program ").append(program);
    if (!index.isEmpty()) {
      out.append(", element ").append(index);
    }
    if (occurrences > 1) {
      out.append("; ").append(occurrences).append(" times in all");
    }
    return out.toString();
  }

  @Override
  public String toString() {
    return render();
  }
}
