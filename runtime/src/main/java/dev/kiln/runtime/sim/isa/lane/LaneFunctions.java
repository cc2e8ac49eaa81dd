package dev.kiln.runtime.sim.isa.lane;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.vector.VectorForms;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.function.LongBinaryOperator;
import java.util.function.LongUnaryOperator;

/**
 * Steps that write a function of one to four operands. Operands are read as numbers of their types,
 * see {@link LaneSource}; the result's low bits are kept. The forms over vectors, where given, do
 * the same: they get the operands' indices in the register file. They are given as lambdas, since a
 * method reference would link a class that needs the Vector API where it is evaluated.
 */
public final class LaneFunctions {
  private LaneFunctions() {}

  /** A function of three numbers. */
  @FunctionalInterface
  public interface Ternary {
    long of(long a, long b, long c);
  }

  /** A function of four numbers. */
  @FunctionalInterface
  public interface Quaternary {
    long of(long a, long b, long c, long d);
  }

  /** The form over vectors of a function of one operand. */
  @FunctionalInterface
  public interface UnaryVectors {
    Step make(int target, int a);
  }

  /** The form over vectors of a function of two operands. */
  @FunctionalInterface
  public interface BinaryVectors {
    Step make(int target, int a, int b);
  }

  /** The form over vectors of a function of three operands. */
  @FunctionalInterface
  public interface TernaryVectors {
    Step make(int target, int a, int b, int c);
  }

  /** {@code d, a}. */
  public static Step unary(DecodeContext context, PtxType to, PtxType a, LongUnaryOperator f) {
    return unary(context, to, a, f, null);
  }

  /**
   * {@code d, a}.
   *
   * @param vectors may be {@code null}
   */
  public static Step unary(
      DecodeContext context, PtxType to, PtxType a, LongUnaryOperator f, UnaryVectors vectors) {
    context.expectOperands(2, 2);
    LaneTarget target = LaneTarget.of(context, context.operand(0), to);
    LaneSource first = LaneSource.of(context, context.operand(1), a);
    if (vectors != null && VectorForms.inUse()) {
      return vectors.make(target.index(), first.index());
    }
    return new LaneStep() {
      @Override
      protected void runLane(Warp warp, int lane) {
        target.set(warp, lane, f.applyAsLong(first.at(warp, lane)));
      }
    };
  }

  /** {@code d, a, b}. */
  public static Step binary(
      DecodeContext context, PtxType to, PtxType a, PtxType b, LongBinaryOperator f) {
    return binary(context, to, a, b, f, null);
  }

  /**
   * {@code d, a, b}.
   *
   * @param vectors may be {@code null}
   */
  public static Step binary(
      DecodeContext context,
      PtxType to,
      PtxType a,
      PtxType b,
      LongBinaryOperator f,
      BinaryVectors vectors) {
    context.expectOperands(3, 3);
    LaneTarget target = LaneTarget.of(context, context.operand(0), to);
    LaneSource first = LaneSource.of(context, context.operand(1), a);
    LaneSource second = LaneSource.of(context, context.operand(2), b);
    if (vectors != null && VectorForms.inUse()) {
      return vectors.make(target.index(), first.index(), second.index());
    }
    return new LaneStep() {
      @Override
      protected void runLane(Warp warp, int lane) {
        target.set(warp, lane, f.applyAsLong(first.at(warp, lane), second.at(warp, lane)));
      }
    };
  }

  /** {@code d, a, b, c}. */
  public static Step ternary(
      DecodeContext context, PtxType to, PtxType a, PtxType b, PtxType c, Ternary f) {
    return ternary(context, to, a, b, c, f, null);
  }

  /**
   * {@code d, a, b, c}.
   *
   * @param vectors may be {@code null}
   */
  public static Step ternary(
      DecodeContext context,
      PtxType to,
      PtxType a,
      PtxType b,
      PtxType c,
      Ternary f,
      TernaryVectors vectors) {
    context.expectOperands(4, 4);
    LaneTarget target = LaneTarget.of(context, context.operand(0), to);
    LaneSource first = LaneSource.of(context, context.operand(1), a);
    LaneSource second = LaneSource.of(context, context.operand(2), b);
    LaneSource third = LaneSource.of(context, context.operand(3), c);
    if (vectors != null && VectorForms.inUse()) {
      return vectors.make(target.index(), first.index(), second.index(), third.index());
    }
    return new LaneStep() {
      @Override
      protected void runLane(Warp warp, int lane) {
        target.set(
            warp, lane, f.of(first.at(warp, lane), second.at(warp, lane), third.at(warp, lane)));
      }
    };
  }

  /** {@code d, a, b, c, e}. */
  public static Step quaternary(
      DecodeContext context, PtxType to, PtxType a, PtxType b, PtxType c, PtxType d, Quaternary f) {
    context.expectOperands(5, 5);
    LaneTarget target = LaneTarget.of(context, context.operand(0), to);
    LaneSource first = LaneSource.of(context, context.operand(1), a);
    LaneSource second = LaneSource.of(context, context.operand(2), b);
    LaneSource third = LaneSource.of(context, context.operand(3), c);
    LaneSource fourth = LaneSource.of(context, context.operand(4), d);
    return new LaneStep() {
      @Override
      protected void runLane(Warp warp, int lane) {
        target.set(
            warp,
            lane,
            f.of(
                first.at(warp, lane),
                second.at(warp, lane),
                third.at(warp, lane),
                fourth.at(warp, lane)));
      }
    };
  }
}
