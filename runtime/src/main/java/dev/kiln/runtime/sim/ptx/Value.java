package dev.kiln.runtime.sim.ptx;

import java.util.Optional;

/** What a term can stand for while it is evaluated. */
sealed interface Value {
  /** Sixty-four bits, signed or not (".s64" and ".u64" of the manual's constant expressions). */
  record Whole(long bits, boolean unsigned) implements Value {
    static Whole truth(boolean value) {
      return new Whole(value ? 1 : 0, false);
    }
  }

  /**
   * A floating-point number.
   *
   * @param single whether it was written as the bits of a binary32
   */
  record Real(double number, boolean single, long bits) implements Value {
    static Real of(double number) {
      return new Real(number, false, Double.doubleToRawLongBits(number));
    }
  }

  /**
   * An address of a variable or function, or a register.
   *
   * @param generic whether {@code generic(...)} stands around it
   * @param mask of {@code 0xFF(symbol)}
   */
  record Symbol(Operand.Name name, long offset, boolean generic, Optional<Long> mask)
      implements Value {
    Symbol plus(long bytes) {
      return new Symbol(name, offset + bytes, generic, mask);
    }
  }

  /** What no operator applies to but {@code |}. */
  record Other(Operand operand) implements Value {}
}
