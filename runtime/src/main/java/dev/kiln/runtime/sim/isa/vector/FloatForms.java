package dev.kiln.runtime.sim.isa.vector;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.isa.CompareOp;
import dev.kiln.runtime.sim.isa.Comparison;

/**
 * The vector steps of floating-point instructions, rounded to nearest. Arguments are indices in the
 * register file, the target first; {@code flush} stands for {@code .ftz}.
 */
public final class FloatForms {
  private FloatForms() {}

  public static Step add(int target, int a, int b, boolean flush) {
    return new FloatAdd(target, a, b, flush);
  }

  public static Step sub(int target, int a, int b, boolean flush) {
    return new FloatSubtract(target, a, b, flush);
  }

  public static Step mul(int target, int a, int b, boolean flush) {
    return new FloatMultiply(target, a, b, flush);
  }

  public static Step fma(int target, int a, int b, int c, boolean flush) {
    return new FloatMultiplyAdd(target, a, b, c, flush);
  }

  public static Step div(int target, int a, int b, boolean flush) {
    return new FloatDivide(target, a, b, flush);
  }

  public static Step rcp(int target, int a, boolean flush) {
    return new FloatReciprocal(target, a, flush);
  }

  public static Step sqrt(int target, int a, boolean flush) {
    return new FloatSquareRoot(target, a, flush);
  }

  public static Step rsqrt(int target, int a, boolean flush) {
    return new FloatReciprocalRoot(target, a, flush);
  }

  public static Step ex2(int target, int a, boolean flush) {
    return new FloatExponential(target, a, flush);
  }

  /** {@code nanWins} stands for {@code .NaN}. */
  public static Step min(int target, int a, int b, boolean flush, boolean nanWins) {
    return new FloatMinimum(target, a, b, flush, nanWins);
  }

  /** {@code nanWins} stands for {@code .NaN}. */
  public static Step max(int target, int a, int b, boolean flush, boolean nanWins) {
    return new FloatMaximum(target, a, b, flush, nanWins);
  }

  /** {@code exact} is the same lane by lane; it runs where a result is NaN. */
  public static Step addWide(int target, int a, int b, Step exact) {
    return new FloatWideAdd(target, a, b, exact);
  }

  /** As {@link #addWide}. */
  public static Step subWide(int target, int a, int b, Step exact) {
    return new FloatWideSubtract(target, a, b, exact);
  }

  /** As {@link #addWide}. */
  public static Step mulWide(int target, int a, int b, Step exact) {
    return new FloatWideMultiply(target, a, b, exact);
  }

  /** As {@link #addWide}. */
  public static Step fmaWide(int target, int a, int b, int c, Step exact) {
    return new FloatWideMultiplyAdd(target, a, b, c, exact);
  }

  /** Of {@code .f16x2}, and of {@code .f16}. */
  public static Step addHalves(int target, int a, int b) {
    return new FloatHalfAdd(target, a, b);
  }

  /** As {@link #addHalves}. */
  public static Step subHalves(int target, int a, int b) {
    return new FloatHalfSubtract(target, a, b);
  }

  /** As {@link #addHalves}. */
  public static Step mulHalves(int target, int a, int b) {
    return new FloatHalfMultiply(target, a, b);
  }

  /** As {@link #addHalves}. */
  public static Step fmaHalves(int target, int a, int b, int c) {
    return new FloatHalfMultiplyAdd(target, a, b, c);
  }

  /** A comparison of {@code .f32}, with an operator of floating-point numbers. */
  public static Comparison compare(CompareOp op, int a, int b, boolean flush) {
    return switch (op) {
      case EQ -> new FloatEqual(a, b, 0, flush);
      case NEU -> new FloatEqual(a, b, -1, flush);
      case NE -> new FloatDifferent(a, b, 0, flush);
      case EQU -> new FloatDifferent(a, b, -1, flush);
      case LT -> new FloatLess(a, b, 0, flush);
      case GEU -> new FloatLess(a, b, -1, flush);
      case GT -> new FloatLess(b, a, 0, flush);
      case LEU -> new FloatLess(b, a, -1, flush);
      case LE -> new FloatLessOrEqual(a, b, 0, flush);
      case GTU -> new FloatLessOrEqual(a, b, -1, flush);
      case GE -> new FloatLessOrEqual(b, a, 0, flush);
      case LTU -> new FloatLessOrEqual(b, a, -1, flush);
      case NUM -> new FloatOrdered(a, b, 0, flush);
      case NAN -> new FloatOrdered(a, b, -1, flush);
      case LO, LS, HI, HS -> throw new IllegalArgumentException(op + " compares integers");
    };
  }
}
