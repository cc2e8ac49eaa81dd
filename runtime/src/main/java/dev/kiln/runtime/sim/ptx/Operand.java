package dev.kiln.runtime.sim.ptx;

import java.util.List;
import java.util.Optional;

/** An operand as written. Constant expressions have been evaluated. */
public sealed interface Operand {
  Position at();

  /**
   * A register, special register, variable, function or label.
   *
   * @param name with its {@code %} or {@code $}, without a component
   * @param component {@code x}, {@code y}, {@code z}, {@code w}, {@code r} ... or {@code b0} to
   *     {@code b3}, {@code h0}, {@code h1}
   */
  record Name(Position at, String name, Optional<String> component) implements Operand {}

  /** A variable's address plus bytes, {@code variable+16}, where no brackets stand around it. */
  record Address(Position at, Name base, long offset) implements Operand {}

  /** An integer; {@code value} holds its 64 bits. */
  record IntegerLiteral(Position at, long value) implements Operand {}

  /**
   * A floating-point number.
   *
   * @param bits of binary32 if {@code single} ({@code 0f3F800000}), else of binary64
   */
  record FloatLiteral(Position at, boolean single, long bits) implements Operand {}

  /** A predicate's negation, {@code !%p1}. */
  record Not(Position at, Operand operand) implements Operand {}

  /** {@code {a, b, c, d}}; elements are names, literals or sinks. */
  record Vector(Position at, List<Operand> elements) implements Operand {
    public Vector {
      elements = List.copyOf(elements);
    }
  }

  /**
   * {@code [base+offset]}, or with a tensor's coordinates {@code [base, {c0, c1}]}.
   *
   * @param base a name or, for an absolute address, an integer
   * @param rest what follows the base after commas inside of the brackets; empty for plain memory
   */
  record Memory(Position at, Operand base, long offset, List<Operand> rest) implements Operand {
    public Memory {
      rest = List.copyOf(rest);
    }
  }

  /** Two destinations, {@code %r1|%p1}. */
  record Pair(Position at, Operand first, Operand second) implements Operand {}

  /** {@code _}: the result is not wanted. */
  record Sink(Position at) implements Operand {}

  /** {@code (a, b)}: results or arguments of a call. */
  record Group(Position at, List<Operand> elements) implements Operand {
    public Group {
      elements = List.copyOf(elements);
    }
  }
}
