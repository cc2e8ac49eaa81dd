package dev.kiln.runtime.sim.isa.integer;

import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.ptx.Operand;
import java.util.Optional;

/** Which parts of a register a video instruction's operand means, as written behind its name. */
final class Selector {
  private Selector() {}

  /** The operand without its selector. */
  static Operand register(Operand operand) {
    return operand instanceof Operand.Name name && name.component().isPresent()
        ? new Operand.Name(name.at(), name.name(), Optional.empty())
        : operand;
  }

  /** The selector, e.g. {@code b3} or {@code h10}. */
  static Optional<String> of(Operand operand) {
    return operand instanceof Operand.Name name ? name.component() : Optional.empty();
  }

  /**
   * The part that {@code b0} to {@code b3}, {@code h0} or {@code h1} stands for; the whole register
   * without a selector.
   */
  static Part part(DecodeContext context, Operand operand) {
    String word = of(operand).orElse("");
    return switch (word) {
      case "" -> new Part(0, 32);
      case "b0", "b1", "b2", "b3" -> new Part((word.charAt(1) - '0') * 8, 8);
      case "h0", "h1" -> new Part((word.charAt(1) - '0') * 16, 16);
      default -> throw context.malformed("no part of a register: ." + word);
    };
  }

  /**
   * The digits behind {@code letter}, the lowest lane first: {@code h10} gives 0, 1.
   *
   * @param absent what stands for no selector
   * @param limit digits are below
   */
  static int[] digits(
      DecodeContext context, Operand operand, char letter, String absent, int limit) {
    String word = of(operand).orElse(letter + absent);
    int[] digits = new int[word.length() - 1];
    for (int i = 0; i < digits.length; i++) {
      digits[i] = word.charAt(word.length() - 1 - i) - '0';
      if (word.charAt(0) != letter || digits[i] < 0 || digits[i] >= limit) {
        throw context.malformed("no selector for this instruction: ." + word);
      }
    }
    return digits;
  }

  /** Bits of a register. */
  record Part(int from, int width) {
    long extract(long register, boolean signed) {
      long top = register << 64 - width - from;
      return signed ? top >> 64 - width : top >>> 64 - width;
    }

    /** The register with this part replaced. */
    long insert(long value, long register) {
      long mask = (1L << width) - 1 << from;
      return value << from & mask | register & ~mask;
    }
  }
}
