package dev.kiln.compiler.ir;

import java.util.Locale;

/**
 * Operations on two numbers of one type. Integers wrap. What C leaves undefined is fixed here, for
 * every device.
 */
public enum BinaryKind {
  /** Integers and floats. */
  ADD(true, Domain.NUMBER),
  SUB(false, Domain.NUMBER),
  MUL(true, Domain.NUMBER),
  /** Floats; correctly rounded. */
  DIV(false, Domain.FLOAT),
  /** Floats, C's {@code fmod}: exact, the sign of the left operand. */
  REM(false, Domain.FLOAT),
  /** Signed, towards zero. {@code x / 0 = -1}; the smallest by -1 is the smallest. */
  DIVS(false, Domain.INTEGER),
  /** Unsigned. {@code x / 0} has all bits set. */
  DIVU(false, Domain.INTEGER),
  /** Signed, the sign of the left operand. {@code x % 0 = x}; the smallest by -1 is 0. */
  REMS(false, Domain.INTEGER),
  /** Unsigned. {@code x % 0 = x}. */
  REMU(false, Domain.INTEGER),
  AND(true, Domain.INTEGER),
  OR(true, Domain.INTEGER),
  XOR(true, Domain.INTEGER),
  /** The right operand counts as unsigned; 0 where it is the width or more. */
  SHL(false, Domain.INTEGER),
  /** Arithmetic shift; all sign bits where the right operand, unsigned, is the width or more. */
  SHRS(false, Domain.INTEGER),
  /** Logical shift; 0 where the right operand, unsigned, is the width or more. */
  SHRU(false, Domain.INTEGER),
  MINS(true, Domain.INTEGER),
  MINU(true, Domain.INTEGER),
  MAXS(true, Domain.INTEGER),
  MAXU(true, Domain.INTEGER),
  /** Floats: the other operand where one is NaN; -0 is below +0. */
  MIN(true, Domain.FLOAT),
  MAX(true, Domain.FLOAT),
  /** Floats: NaN where one is NaN; -0 is below +0. */
  MINNAN(true, Domain.FLOAT),
  MAXNAN(true, Domain.FLOAT),
  /** Upper half of the unsigned product, {@code i32} or {@code i64}. */
  MULHU(true, Domain.INTEGER),
  /** Upper half of the signed product, {@code i32} or {@code i64}. */
  MULHS(true, Domain.INTEGER);

  /** What an operation applies to. */
  public enum Domain {
    NUMBER,
    INTEGER,
    FLOAT
  }

  private final boolean commutative;
  private final Domain domain;

  BinaryKind(boolean commutative, Domain domain) {
    this.commutative = commutative;
    this.domain = domain;
  }

  public boolean isCommutative() {
    return commutative;
  }

  public Domain domain() {
    return domain;
  }

  public String mnemonic() {
    return name().toLowerCase(Locale.ROOT);
  }
}
