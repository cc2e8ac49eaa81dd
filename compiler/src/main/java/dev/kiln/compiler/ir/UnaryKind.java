package dev.kiln.compiler.ir;

import java.util.Locale;

/**
 * Operations on one number; operand and result have the same type unless said otherwise.
 *
 * <p>The transcendental ones round within the error that {@code docs/language.md} states, not
 * correctly. On {@code fp16} and smaller only {@link #NEG} and {@link #ABS} apply.
 */
public enum UnaryKind {
  /** Integers wrap; floats flip the sign bit. */
  NEG(Domain.NUMBER),
  /** Integers: the smallest stays itself. */
  ABS(Domain.NUMBER),
  /** Every bit. */
  NOT(Domain.INTEGER),
  /** Leading zeros of {@code i32} or {@code i64}; the result is {@code i32}. */
  CLZ(Domain.INTEGER),
  /** Ones of {@code i32} or {@code i64}; the result is {@code i32}. */
  POPC(Domain.INTEGER),
  /** Bits in reverse order, {@code i32} or {@code i64}. */
  BREV(Domain.INTEGER),
  FLOOR(Domain.FLOAT),
  CEIL(Domain.FLOAT),
  /** Towards zero. */
  TRUNC(Domain.FLOAT),
  /** To the nearest integer, ties to even. */
  RINT(Domain.FLOAT),
  /** Correctly rounded. */
  SQRT(Domain.FLOAT),
  RSQRT(Domain.FLOAT),
  EXP(Domain.FLOAT),
  EXP2(Domain.FLOAT),
  LOG(Domain.FLOAT),
  LOG2(Domain.FLOAT),
  SIN(Domain.FLOAT),
  COS(Domain.FLOAT),
  TANH(Domain.FLOAT),
  ERF(Domain.FLOAT);

  /** What an operation applies to. */
  public enum Domain {
    NUMBER,
    INTEGER,
    FLOAT
  }

  private final Domain domain;

  UnaryKind(Domain domain) {
    this.domain = domain;
  }

  public Domain domain() {
    return domain;
  }

  /** Whether the result is an approximation, so that devices may differ in the last bits. */
  public boolean isApproximate() {
    return switch (this) {
      case RSQRT, EXP, EXP2, LOG, LOG2, SIN, COS, TANH, ERF -> true;
      case NEG, ABS, NOT, CLZ, POPC, BREV, FLOOR, CEIL, TRUNC, RINT, SQRT -> false;
    };
  }

  public String mnemonic() {
    return name().toLowerCase(Locale.ROOT);
  }
}
