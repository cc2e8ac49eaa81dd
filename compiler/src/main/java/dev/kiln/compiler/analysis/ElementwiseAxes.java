package dev.kiln.compiler.analysis;

import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.UnaryKind;
import java.util.OptionalLong;
import java.util.function.IntToLongFunction;

/** {@link AxisInfo} of the results of elementwise operations. */
final class ElementwiseAxes {
  private ElementwiseAxes() {}

  static AxisInfo of(ElementwiseOp op, AxisAnalysis in) {
    Shape shape = op.result().shape();
    return switch (op) {
      case ElementwiseOp.Constant constant ->
          constant.value() instanceof Long number
              ? AxisInfo.constant(shape, number)
              : AxisInfo.unknown(shape);
      case ElementwiseOp.Binary binary ->
          binary(binary, in.info(binary.left()), in.info(binary.right()));
      case ElementwiseOp.Unary unary ->
          unary.kind() == UnaryKind.NEG
              ? negated(in.info(unary.operand()))
              : alike(in.info(unary.operand()));
      case ElementwiseOp.Compare compare -> compare(compare, in);
      case ElementwiseOp.Select select -> select(select, in);
      case ElementwiseOp.Cast cast -> cast(cast, in);
      case ElementwiseOp.AddPtr add ->
          sum(
              in.info(add.pointer()),
              in.info(add.offset()),
              add.pointer().type().pointee().bytes(),
              true);
      case ElementwiseOp.Hint hint -> hint(hint, in.info(hint.operand()));
      case ElementwiseOp.Fma fma -> AxisInfo.unknown(shape);
      case ElementwiseOp.ProgramId id -> AxisInfo.same(shape, 1);
      case ElementwiseOp.NumPrograms number -> AxisInfo.same(shape, 1);
    };
  }

  private static AxisInfo info(
      int rank,
      IntToLongFunction contiguity,
      IntToLongFunction divisibility,
      IntToLongFunction constancy) {
    long[] contiguous = new long[rank];
    long[] divisible = new long[rank];
    long[] constant = new long[rank];
    for (int axis = 0; axis < rank; axis++) {
      contiguous[axis] = contiguity.applyAsLong(axis);
      divisible[axis] = divisibility.applyAsLong(axis);
      constant[axis] = constancy.applyAsLong(axis);
    }
    return new AxisInfo(contiguous, divisible, constant, OptionalLong.empty());
  }

  /** Equal operands give equal results, and no more is known. */
  private static AxisInfo alike(AxisInfo x) {
    return info(x.rank(), axis -> 1, axis -> 1, x::constancy);
  }

  private static AxisInfo alike(AxisInfo x, AxisInfo y) {
    return info(
        x.rank(), axis -> 1, axis -> 1, axis -> Math.min(x.constancy(axis), y.constancy(axis)));
  }

  private static AxisInfo negated(AxisInfo x) {
    return info(x.rank(), axis -> 1, axis -> x.divisibilityOfGroups(axis, 1), x::constancy);
  }

  private static AxisInfo binary(ElementwiseOp.Binary op, AxisInfo x, AxisInfo y) {
    return switch (op.kind()) {
      case ADD -> sum(x, y, 1, true);
      case SUB -> sum(x, y, 1, false);
      case MUL -> product(x, y);
      case DIVS, DIVU -> quotient(x, y);
      case REMS, REMU -> remainder(x, y);
      case MINS, MINU, MAXS, MAXU -> either(x, y, axis -> 1);
      case AND, OR, XOR ->
          info(
              x.rank(),
              axis -> 1,
              axis -> Math.min(x.divisibilityOfGroups(axis, 1), y.divisibilityOfGroups(axis, 1)),
              axis -> Math.min(x.constancy(axis), y.constancy(axis)));
      case DIV, REM, SHL, SHRS, SHRU, MIN, MAX, MINNAN, MAXNAN, MULHU, MULHS -> alike(x, y);
    };
  }

  /**
   * A sum or difference; the right operand counts in units, so that offsets of pointers count in
   * bytes.
   */
  private static AxisInfo sum(AxisInfo x, AxisInfo y, long unit, boolean commutes) {
    IntToLongFunction contiguity =
        axis -> {
          long left = Math.min(x.contiguity(axis), y.constancy(axis));
          long right = Math.min(x.constancy(axis), y.contiguity(axis));
          return commutes ? Math.max(left, right) : left;
        };
    return info(
        x.rank(),
        contiguity,
        axis -> {
          long group = contiguity.applyAsLong(axis);
          long left =
              x.contiguity(axis) > group
                  ? Math.min(x.divisibility(axis), times(group, unit))
                  : x.divisibility(axis);
          return Math.min(left, times(y.divisibilityOfGroups(axis, group), unit));
        },
        axis -> Math.min(x.constancy(axis), y.constancy(axis)));
  }

  /** A product of powers of two, as large as they get. */
  private static long times(long a, long b) {
    int exponent = Long.numberOfTrailingZeros(a) + Long.numberOfTrailingZeros(b);
    return 1L << Math.min(exponent, 62);
  }

  private static AxisInfo product(AxisInfo x, AxisInfo y) {
    if (x.isConstant(1)) {
      return y;
    }
    if (y.isConstant(1)) {
      return x;
    }
    return info(
        x.rank(),
        axis -> 1,
        axis -> times(x.divisibilityOfGroups(axis, 1), y.divisibilityOfGroups(axis, 1)),
        axis -> Math.min(x.constancy(axis), y.constancy(axis)));
  }

  /** Consecutive numbers, of which the first is a multiple of the divisor, have one quotient. */
  private static AxisInfo quotient(AxisInfo x, AxisInfo y) {
    if (y.isConstant(1)) {
      return x;
    }
    boolean isConstant = y.constant().isPresent() && y.constant().getAsLong() > 0;
    return info(
        x.rank(),
        axis -> 1,
        axis -> {
          long divisor = isConstant ? y.constant().getAsLong() : 0;
          long all = x.divisibilityOfGroups(axis, 1);
          return Long.bitCount(divisor) == 1 && all >= divisor ? all / divisor : 1;
        },
        axis -> {
          long same = Math.min(x.constancy(axis), y.constancy(axis));
          long group =
              Math.min(
                  Math.min(x.contiguity(axis), x.divisibility(axis)),
                  Math.min(y.divisibility(axis), y.constancy(axis)));
          return Math.max(same, group);
        });
  }

  /** Consecutive numbers, of which the first is a multiple of what divides the divisor, stay so. */
  private static AxisInfo remainder(AxisInfo x, AxisInfo y) {
    IntToLongFunction contiguity =
        axis ->
            Math.min(
                Math.min(x.contiguity(axis), x.divisibility(axis)),
                Math.min(y.divisibility(axis), y.constancy(axis)));
    return info(
        x.rank(),
        contiguity,
        axis -> {
          long group = contiguity.applyAsLong(axis);
          return Math.min(x.divisibilityOfGroups(axis, group), y.divisibilityOfGroups(axis, 1));
        },
        axis -> Math.min(x.constancy(axis), y.constancy(axis)));
  }

  /** One of two, element by element; how far the choice stays the same is given. */
  private static AxisInfo either(AxisInfo x, AxisInfo y, IntToLongFunction choice) {
    IntToLongFunction contiguity =
        axis ->
            Math.min(choice.applyAsLong(axis), Math.min(x.contiguity(axis), y.contiguity(axis)));
    return info(
        x.rank(),
        contiguity,
        axis -> {
          long group = contiguity.applyAsLong(axis);
          return Math.min(x.divisibilityOfGroups(axis, group), y.divisibilityOfGroups(axis, group));
        },
        axis -> Math.min(x.constancy(axis), y.constancy(axis)));
  }

  private static AxisInfo select(ElementwiseOp.Select op, AxisAnalysis in) {
    AxisInfo condition = in.info(op.condition());
    AxisInfo chosen = either(in.info(op.whenTrue()), in.info(op.whenFalse()), condition::constancy);
    return info(
        chosen.rank(),
        chosen::contiguity,
        chosen::divisibility,
        axis -> Math.min(chosen.constancy(axis), condition.constancy(axis)));
  }

  /**
   * A mask {@code offsets < n} is the same for aligned groups of consecutive offsets whose length
   * divides {@code n}.
   */
  private static AxisInfo compare(ElementwiseOp.Compare op, AxisAnalysis in) {
    AxisInfo x = in.info(op.left());
    AxisInfo y = in.info(op.right());
    boolean splitsBeforeRight =
        switch (op.kind()) {
          case LT, GE, ULT, UGE -> true;
          case EQ, NE, LE, GT, ULE, UGT -> false;
        };
    boolean splitsBeforeLeft = op.kind() == CompareKind.GT || op.kind() == CompareKind.LE;
    return info(
        x.rank(),
        axis -> 1,
        axis -> 1,
        axis -> {
          long same = Math.min(x.constancy(axis), y.constancy(axis));
          long right = splitsBeforeRight ? maskGroup(x, y, axis) : 1;
          long left = splitsBeforeLeft ? maskGroup(y, x, axis) : 1;
          return Math.max(same, Math.max(left, right));
        });
  }

  private static long maskGroup(AxisInfo running, AxisInfo bound, int axis) {
    return Math.min(
        Math.min(running.contiguity(axis), running.divisibility(axis)),
        Math.min(bound.divisibility(axis), bound.constancy(axis)));
  }

  private static AxisInfo cast(ElementwiseOp.Cast op, AxisAnalysis in) {
    AxisInfo operand = in.info(op.operand());
    return switch (op.kind()) {
      case EXTS, EXTU, TRUNC, PTRTOINT, INTTOPTR -> widthChanged(op, operand);
      case BITCAST -> bitcast(op, operand);
      case FPTOSI, FPTOUI -> AxisInfo.unknown(op.result().shape());
      case FPEXT, FPTRUNC, FPTRUNC_RTZ, SITOFP, UITOFP -> AxisInfo.unknown(op.result().shape());
    };
  }

  /** As an integer an address counts bytes, as a pointer elements. */
  private static AxisInfo widthChanged(ElementwiseOp.Cast op, AxisInfo operand) {
    boolean isPointer = op.operand().type().isPointer() || op.result().type().isPointer();
    if (op.result().dtype().isBool() || (isPointer && bytes(op) != 1)) {
      return info(
          operand.rank(),
          axis -> 1,
          axis -> isPointer ? operand.divisibilityOfGroups(axis, 1) : 1,
          operand::constancy);
    }
    return new AxisInfo(
        operand.contiguity(), operand.divisibility(), operand.constancy(), OptionalLong.empty());
  }

  private static int bytes(ElementwiseOp.Cast op) {
    return op.operand().type().isPointer()
        ? op.operand().type().pointee().bytes()
        : op.result().type().pointee().bytes();
  }

  private static AxisInfo bitcast(ElementwiseOp.Cast op, AxisInfo operand) {
    boolean samePointee =
        op.operand().type().isPointer()
            && op.operand().type().pointee().bytes() == op.result().type().pointee().bytes();
    return samePointee ? operand : alike(operand);
  }

  private static AxisInfo hint(ElementwiseOp.Hint op, AxisInfo operand) {
    return info(
        operand.rank(),
        axis -> promised(op, ElementwiseOp.HintKind.CONTIGUITY, axis, operand.contiguity(axis)),
        axis -> promised(op, ElementwiseOp.HintKind.DIVISIBILITY, axis, operand.divisibility(axis)),
        axis -> promised(op, ElementwiseOp.HintKind.CONSTANCY, axis, operand.constancy(axis)));
  }

  private static long promised(
      ElementwiseOp.Hint op, ElementwiseOp.HintKind kind, int axis, long known) {
    return op.kind() == kind
        ? Math.max(known, AxisInfo.powerOf2Divisor(op.values().get(axis)))
        : known;
  }
}
