package dev.kiln.runtime.sim.isa;

import java.util.Locale;
import java.util.Optional;

/**
 * Comparison operators of {@code set} and {@code setp}. {@code LO} to {@code HS} are those of
 * unsigned integers; {@code EQU} to {@code GEU} also hold if an operand is NaN; {@code NUM} holds
 * if none is.
 */
public enum CompareOp {
  EQ,
  NE,
  LT,
  LE,
  GT,
  GE,
  LO,
  LS,
  HI,
  HS,
  EQU,
  NEU,
  LTU,
  LEU,
  GTU,
  GEU,
  NUM,
  NAN;

  /** By the modifier's word. */
  public static Optional<CompareOp> parse(String word) {
    for (CompareOp op : values()) {
      if (op.name().toLowerCase(Locale.ROOT).equals(word)) {
        return Optional.of(op);
      }
    }
    return Optional.empty();
  }
}
