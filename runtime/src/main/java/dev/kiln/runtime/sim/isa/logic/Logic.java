package dev.kiln.runtime.sim.isa.logic;

import static dev.kiln.runtime.sim.isa.lane.LaneFunctions.binary;
import static dev.kiln.runtime.sim.isa.lane.LaneFunctions.unary;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.isa.Decoder;
import dev.kiln.runtime.sim.isa.lane.LaneFunctions.BinaryVectors;
import dev.kiln.runtime.sim.isa.lane.LaneFunctions.UnaryVectors;
import dev.kiln.runtime.sim.isa.lane.PredicateStep;
import dev.kiln.runtime.sim.isa.lane.Types;
import dev.kiln.runtime.sim.isa.vector.IntegerWides;
import dev.kiln.runtime.sim.isa.vector.IntegerWords;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntBinaryOperator;
import java.util.function.LongBinaryOperator;

/** {@code and}, {@code or}, {@code xor}, {@code not}, {@code cnot}, also of predicates. */
public final class Logic {
  private static final Set<PtxType> BITS = EnumSet.of(PtxType.B16, PtxType.B32, PtxType.B64);
  private static final Set<PtxType> BITS_AND_PREDICATES =
      EnumSet.of(PtxType.B16, PtxType.B32, PtxType.B64, PtxType.PRED);

  private Logic() {}

  public static Map<String, Decoder> decoders() {
    Map<String, Decoder> decoders = new TreeMap<>();
    decoders.put(
        "and",
        context ->
            combine(
                context,
                (a, b) -> a & b,
                (a, b) -> a & b,
                (d, a, b) -> IntegerWords.and(d, a, b),
                (d, a, b) -> IntegerWides.and(d, a, b)));
    decoders.put(
        "or",
        context ->
            combine(
                context,
                (a, b) -> a | b,
                (a, b) -> a | b,
                (d, a, b) -> IntegerWords.or(d, a, b),
                (d, a, b) -> IntegerWides.or(d, a, b)));
    decoders.put(
        "xor",
        context ->
            combine(
                context,
                (a, b) -> a ^ b,
                (a, b) -> a ^ b,
                (d, a, b) -> IntegerWords.xor(d, a, b),
                (d, a, b) -> IntegerWides.xor(d, a, b)));
    decoders.put("not", Logic::not);
    decoders.put("cnot", Logic::cnot);
    decoders.put("lop3", TernaryLogic::decode);
    decoders.put("shl", Shifts::left);
    decoders.put("shr", Shifts::right);
    decoders.put("shf", Shifts::funnel);
    decoders.put("prmt", BytePermutation::decode);
    return decoders;
  }

  private static Step combine(
      DecodeContext context,
      LongBinaryOperator bits,
      IntBinaryOperator predicates,
      BinaryVectors words,
      BinaryVectors wides) {
    PtxType type = Types.take(context, BITS_AND_PREDICATES);
    if (type == PtxType.PRED) {
      context.expectOperands(3, 3);
      int target = context.predicateTarget(context.operand(0));
      DecodeContext.Predicate a = context.predicate(context.operand(1));
      DecodeContext.Predicate b = context.predicate(context.operand(2));
      return new PredicateStep(target, warp -> predicates.applyAsInt(a.lanes(warp), b.lanes(warp)));
    }
    // A combination of zero-extended numbers is zero-extended: narrow ones need no form of their
    // own.
    return binary(context, type, type, type, bits, type.bits() == 64 ? wides : words);
  }

  private static Step not(DecodeContext context) {
    PtxType type = Types.take(context, BITS_AND_PREDICATES);
    if (type == PtxType.PRED) {
      context.expectOperands(2, 2);
      int target = context.predicateTarget(context.operand(0));
      DecodeContext.Predicate a = context.predicate(context.operand(1));
      return new PredicateStep(target, warp -> ~a.lanes(warp));
    }
    UnaryVectors vectors =
        type.bits() == 64
            ? (d, a) -> new IntegerWides.Not(d, a)
            : type.bits() == 32 ? (d, a) -> IntegerWords.not(d, a) : null;
    return unary(context, type, type, a -> ~a, vectors);
  }

  private static Step cnot(DecodeContext context) {
    PtxType type = Types.take(context, BITS);
    return unary(context, type, type, a -> a == 0 ? 1 : 0);
  }
}
