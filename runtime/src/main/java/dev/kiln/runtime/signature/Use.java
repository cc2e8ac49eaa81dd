package dev.kiln.runtime.signature;

import java.util.Optional;

/** A way in which a kernel's text uses a value. */
enum Use {
  /** Loaded from, stored to, or made a block or a descriptor of. */
  POINTER,
  POINTER_TO_INTEGERS,
  POINTER_TO_LONGS,
  POINTER_TO_BYTES,
  POINTER_TO_TRUTHS,
  /** An index, a bound of a loop, an operand of {@code //}. */
  INTEGER,
  /** An integer of 64 bits: what becomes a pointer or a float64 bit by bit. */
  LONG,
  /** Taken apart by shifts and masks. */
  BITS,
  /** A mask. */
  TRUTH,
  /** An operand of arithmetic or of a comparison. */
  NUMBER,
  /** A bound, or an extent of a tile. */
  SIZE,
  /** A bound of a loop that is written out. */
  UNROLLED,
  /** What a condition asks for. */
  TEST,
  /** Compared with texts. */
  TEXT,
  /** The type of a tile. */
  DTYPE;

  boolean isPointer() {
    return this.ordinal() <= POINTER_TO_TRUTHS.ordinal();
  }

  /** Whether it tells of operands of arithmetic too, not only of the name that it is said of. */
  boolean flows() {
    return this.ordinal() <= TRUTH.ordinal();
  }

  /** What a pointer is if what is loaded through it is used so. */
  Optional<Use> ofPointer() {
    return switch (this) {
      case INTEGER -> Optional.of(POINTER_TO_INTEGERS);
      case LONG -> Optional.of(POINTER_TO_LONGS);
      case BITS -> Optional.of(POINTER_TO_BYTES);
      case TRUTH -> Optional.of(POINTER_TO_TRUTHS);
      case POINTER,
          POINTER_TO_INTEGERS,
          POINTER_TO_LONGS,
          POINTER_TO_BYTES,
          POINTER_TO_TRUTHS,
          NUMBER,
          SIZE,
          UNROLLED,
          TEST,
          TEXT,
          DTYPE ->
          Optional.empty();
    };
  }
}
