package dev.kiln.compiler.ir;

import java.util.Locale;

/**
 * Comparisons. {@code LT} to {@code GE} are signed for integers and ordered for floats (false where
 * one is NaN); {@code NE} of floats is true where one is NaN.
 */
public enum CompareKind {
  EQ,
  NE,
  LT,
  LE,
  GT,
  GE,
  /** Unsigned, integers and pointers only. */
  ULT,
  ULE,
  UGT,
  UGE;

  /** The comparison with its operands exchanged. */
  public CompareKind swapped() {
    return switch (this) {
      case EQ -> EQ;
      case NE -> NE;
      case LT -> GT;
      case LE -> GE;
      case GT -> LT;
      case GE -> LE;
      case ULT -> UGT;
      case ULE -> UGE;
      case UGT -> ULT;
      case UGE -> ULE;
    };
  }

  public String mnemonic() {
    return name().toLowerCase(Locale.ROOT);
  }
}
