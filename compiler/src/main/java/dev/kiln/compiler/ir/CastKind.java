package dev.kiln.compiler.ir;

import java.util.Locale;

/** Conversions between number types, element by element. */
public enum CastKind {
  /** To a wider integer, sign-extended. */
  EXTS,
  /** To a wider integer, zero-extended; {@code i1} becomes 0 or 1. */
  EXTU,
  /** To a narrower integer: the low bits. */
  TRUNC,
  /** To a float that holds every value of the operand. */
  FPEXT,
  /**
   * To a narrower float (or one of equal width), to nearest, ties to even; beyond the range:
   * infinity, or NaN where the type has no infinity (fp8e4nv saturates to its largest number).
   */
  FPTRUNC,
  /** To a narrower float, towards zero. */
  FPTRUNC_RTZ,
  /** Signed integer to float, to nearest even. */
  SITOFP,
  /** Unsigned integer to float, to nearest even. */
  UITOFP,
  /** Float to signed integer, towards zero; saturates; NaN gives 0. */
  FPTOSI,
  /** Float to unsigned integer, towards zero; saturates; NaN gives 0. */
  FPTOUI,
  /**
   * The same bits as another type of the same width; between pointers of different pointees too.
   */
  BITCAST,
  /** Pointer to {@code i64}. */
  PTRTOINT,
  /** {@code i64} to pointer. */
  INTTOPTR;

  public String mnemonic() {
    return name().toLowerCase(Locale.ROOT);
  }
}
