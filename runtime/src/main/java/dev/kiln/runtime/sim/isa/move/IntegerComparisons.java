package dev.kiln.runtime.sim.isa.move;

import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.CompareOp;
import dev.kiln.runtime.sim.isa.Comparison;
import dev.kiln.runtime.sim.isa.lane.LaneSource;
import dev.kiln.runtime.sim.isa.lane.Types;
import dev.kiln.runtime.sim.isa.vector.IntegerCompares;
import dev.kiln.runtime.sim.isa.vector.VectorForms;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.PtxType;

/** Comparisons of integers and of bits. */
final class IntegerComparisons {
  /** What an operator asks of the order of two numbers. */
  private enum Relation {
    EQUAL,
    NOT_EQUAL,
    LESS,
    LESS_OR_EQUAL;

    /** Loads no class of the Vector API unless it is called. */
    IntegerCompares.Relation forVectors(boolean unsigned) {
      return switch (this) {
        case EQUAL -> IntegerCompares.Relation.EQUAL;
        case NOT_EQUAL -> IntegerCompares.Relation.NOT_EQUAL;
        case LESS -> unsigned ? IntegerCompares.Relation.BELOW : IntegerCompares.Relation.LESS;
        case LESS_OR_EQUAL ->
            unsigned
                ? IntegerCompares.Relation.BELOW_OR_EQUAL
                : IntegerCompares.Relation.LESS_OR_EQUAL;
      };
    }
  }

  private IntegerComparisons() {}

  /** As {@link Comparison.Family}. */
  static Comparison decode(
      DecodeContext context,
      CompareOp op,
      PtxType type,
      boolean ftz,
      boolean high,
      Operand first,
      Operand second) {
    if (ftz) {
      throw context.malformed(".ftz with type " + type);
    }
    boolean unsigned = isUnsigned(context, op, type);
    PtxType read = unsigned ? Types.unsigned(type.bits()) : Types.signed(type.bits());
    LaneSource a = LaneSource.of(context, first, read);
    LaneSource b = LaneSource.of(context, second, read);
    Relation relation =
        switch (op) {
          case EQ -> Relation.EQUAL;
          case NE -> Relation.NOT_EQUAL;
          case LT, LO, GT, HI -> Relation.LESS;
          case LE, LS, GE, HS -> Relation.LESS_OR_EQUAL;
          case EQU, NEU, LTU, LEU, GTU, GEU, NUM, NAN ->
              throw context.malformed("." + op.name().toLowerCase() + " compares floats only");
        };
    boolean exchanged =
        op == CompareOp.GT || op == CompareOp.HI || op == CompareOp.GE || op == CompareOp.HS;
    LaneSource left = exchanged ? b : a;
    LaneSource right = exchanged ? a : b;
    if (VectorForms.inUse() && type.bits() >= 32) {
      return vectors(relation, unsigned, type.bits(), left.index(), right.index());
    }
    return lanes(relation, unsigned, left, right);
  }

  /** Bits and unsigned types compare unsigned; operators have to fit. */
  private static boolean isUnsigned(DecodeContext context, CompareOp op, PtxType type) {
    boolean unsignedOnly =
        op == CompareOp.LO || op == CompareOp.LS || op == CompareOp.HI || op == CompareOp.HS;
    boolean equality = op == CompareOp.EQ || op == CompareOp.NE;
    if (type.isUntyped() && !equality || type.isSigned() && unsignedOnly) {
      throw context.malformed("." + op.name().toLowerCase() + " does not compare type " + type);
    }
    return !type.isSigned();
  }

  private static Comparison lanes(
      Relation relation, boolean unsigned, LaneSource left, LaneSource right) {
    // Flipping the top bits turns the unsigned order into the signed one.
    long flip = unsigned ? Long.MIN_VALUE : 0;
    return warp -> {
      int lanes = 0;
      for (int lane = 0; lane < Warp.LANES; lane++) {
        long a = left.at(warp, lane) ^ flip;
        long b = right.at(warp, lane) ^ flip;
        boolean holds =
            switch (relation) {
              case EQUAL -> a == b;
              case NOT_EQUAL -> a != b;
              case LESS -> a < b;
              case LESS_OR_EQUAL -> a <= b;
            };
        lanes |= holds ? 1 << lane : 0;
      }
      return lanes;
    };
  }

  private static Comparison vectors(
      Relation relation, boolean unsigned, int bits, int left, int right) {
    return IntegerCompares.compare(relation.forVectors(unsigned), bits == 64, left, right);
  }
}
