package dev.kiln.runtime.sim.program;

import dev.kiln.runtime.sim.ptx.PtxType;

/** The parts of the register file. */
enum Bank {
  /** Up to 32 bits. */
  WORD,
  /** 64 bits. */
  WIDE,
  /** 128 bits: two neighbours among the wides. */
  QUAD,
  /** Predicates. */
  PREDICATE;

  static Bank of(PtxType type) {
    if (type == PtxType.PRED) {
      return PREDICATE;
    }
    return ofBits(type.bits());
  }

  static Bank ofBits(int bits) {
    return bits <= 32 ? WORD : bits == 64 ? WIDE : QUAD;
  }

  /** Width in the register file. */
  int bits() {
    return switch (this) {
      case WORD -> 32;
      case WIDE -> 64;
      case QUAD -> 128;
      case PREDICATE -> 1;
    };
  }
}
