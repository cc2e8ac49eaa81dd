package dev.kiln.compiler.ptx;

import java.util.List;

/** What an instruction reads or, for registers and vectors of them, writes. */
public sealed interface Operand {
  /** A virtual register. It is written once; compared by identity. */
  final class Register implements Operand {
    private final RegisterClass type;

    public Register(RegisterClass type) {
      this.type = type;
    }

    public RegisterClass type() {
      return type;
    }
  }

  /**
   * A number.
   *
   * @param bits of the number, sign-extended from the width of the class; predicates are 0 or 1
   * @param isFloat whether instructions see a float, which PTX spells differently ({@code
   *     0f3F800000}); {@code .b32} and {@code .b64} only. fp16 and bf16 numbers are integers here,
   *     to be moved to a register before use
   */
  record Immediate(RegisterClass type, long bits, boolean isFloat) implements Operand {
    public static Immediate b32(int value) {
      return new Immediate(RegisterClass.B32, value, false);
    }

    public static Immediate b64(long value) {
      return new Immediate(RegisterClass.B64, value, false);
    }

    /** The low 16 bits. */
    public static Immediate b16(int bits) {
      return new Immediate(RegisterClass.B16, (short) bits, false);
    }

    public static Immediate f32(float value) {
      return new Immediate(RegisterClass.B32, Float.floatToRawIntBits(value), true);
    }

    public static Immediate f64(double value) {
      return new Immediate(RegisterClass.B64, Double.doubleToRawLongBits(value), true);
    }

    public static Immediate pred(boolean value) {
      return new Immediate(RegisterClass.PRED, value ? 1 : 0, false);
    }
  }

  /** A special register ({@code %tid.x}) or a symbol ({@code kiln_smem}), as it is written. */
  record Name(RegisterClass type, String text) implements Operand {}

  /** The place of a slot of shared memory, plus so many bytes: a number once memory is laid out. */
  record SlotOffset(SharedSlot slot, long plus) implements Operand {}

  /** {@code {a, b, c, d}}. */
  record Vector(List<Operand> elements) implements Operand {
    public Vector {
      elements = List.copyOf(elements);
    }

    public static Vector of(Operand... elements) {
      return new Vector(List.of(elements));
    }
  }

  /**
   * {@code [base + offset]}; with a slot, its place is added.
   *
   * @param base a register, or the name of a parameter or variable
   * @param slot or {@code null}
   */
  record Address(Operand base, long offset, SharedSlot slot) implements Operand {
    public static Address of(Operand base, long offset) {
      return new Address(base, offset, null);
    }
  }

  /** The class of a register, number or name; fails for the others. */
  default RegisterClass type() {
    return switch (this) {
      case Register register -> register.type;
      case Immediate immediate -> immediate.type;
      case Name name -> name.type;
      case SlotOffset slot -> RegisterClass.B32;
      case Vector vector -> throw new IllegalStateException("a vector has no single class");
      case Address address -> throw new IllegalStateException("an address has no class");
    };
  }
}
