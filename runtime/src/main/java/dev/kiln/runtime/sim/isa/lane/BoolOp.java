package dev.kiln.runtime.sim.isa.lane;

import dev.kiln.runtime.sim.program.Modifiers;
import java.util.Locale;
import java.util.Optional;

/** How {@code set}, {@code setp} and {@code lop3} combine their result with a predicate. */
public enum BoolOp {
  AND,
  OR,
  XOR;

  /** Takes {@code .and}, {@code .or} or {@code .xor}. */
  public static Optional<BoolOp> take(Modifiers modifiers) {
    return modifiers
        .takeAny("and", "or", "xor")
        .map(word -> valueOf(word.toUpperCase(Locale.ROOT)));
  }

  /** Of 32 lanes at once. */
  public int apply(int a, int b) {
    return switch (this) {
      case AND -> a & b;
      case OR -> a | b;
      case XOR -> a ^ b;
    };
  }
}
