package dev.kiln.compiler.gpu.pipeline;

import dev.kiln.compiler.analysis.Uses;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.Value;
import java.util.Optional;

/**
 * For which iterations of a loop all elements of a mask are true: {@code a * i + numbers < bound -
 * b * i}, with the induction variable, factors and numbers that are known, and a bound from outside
 * the loop, is true as long as it is for the largest of the numbers.
 */
final class SteadyMasks {
  private final Uses uses;
  private final ControlOp.For loop;

  SteadyMasks(Uses uses, ControlOp.For loop) {
    this.uses = uses;
    this.loop = loop;
  }

  /**
   * The mask is true throughout while {@code factor * i + reach < limit}; if the factor is not 1,
   * for {@code i} that are not negative.
   *
   * @param factor positive
   * @param reach not negative
   */
  record Bound(Value limit, long factor, long reach) {}

  /**
   * Numbers of a tile, or a number: so many times the induction variable, plus something between
   * two numbers, plus a scalar from outside the loop.
   *
   * @param scalar {@code null} for 0
   */
  private record Range(long factor, long least, long most, Value scalar) {
    static Range of(long number) {
      return new Range(0, number, number, null);
    }

    Optional<Range> plus(Range other) {
      return scalar != null && other.scalar != null
          ? Optional.empty()
          : Optional.of(
              new Range(
                  factor + other.factor,
                  least + other.least,
                  most + other.most,
                  scalar == null ? other.scalar : scalar));
    }

    Optional<Range> times(long number) {
      return scalar != null || number < 0 || number > MOST_FACTOR || Math.abs(factor) > MOST_FACTOR
          ? Optional.empty()
          : Optional.of(new Range(factor * number, least * number, most * number, null));
    }

    Optional<Range> negative() {
      return scalar != null
          ? Optional.empty()
          : Optional.of(new Range(-factor, -most, -least, null));
    }

    boolean isNumber() {
      return factor == 0 && least == most && scalar == null;
    }
  }

  /** So that nothing overflows here. */
  private static final long MOST_FACTOR = 1 << 20;

  /** When a mask has no edge; empty if it does not have the form. */
  Optional<Bound> bound(Value mask) {
    if (!(through(mask) instanceof ElementwiseOp.Compare compare)
        || compare.left().dtype() != DType.I32
        || loop.induction().dtype() != DType.I32
        || loop.unsigned()) {
      return Optional.empty();
    }
    return switch (compare.kind()) {
      case LT -> bound(compare.left(), compare.right());
      case GT -> bound(compare.right(), compare.left());
      default -> Optional.empty();
    };
  }

  /** Numbers below the bound do not overflow on the way. */
  private Optional<Bound> bound(Value less, Value than) {
    Optional<Range> left = range(less).filter(range -> range.scalar == null);
    Optional<Range> right = range(than).filter(range -> range.scalar != null);
    if (left.isEmpty() || right.isEmpty()) {
      return Optional.empty();
    }
    Range numbers = left.get();
    Range bound = right.get();
    long factor = numbers.factor - bound.factor;
    return numbers.least >= 0
            && numbers.most <= MOST_FACTOR
            && numbers.factor >= 0
            && bound.factor <= 0
            && bound.least == 0
            && bound.most == 0
            && factor > 0
            && factor <= MOST_FACTOR
        ? Optional.of(new Bound(bound.scalar, factor, numbers.most))
        : Optional.empty();
  }

  /** What defines a tile, but for its shape. */
  private Op through(Value tile) {
    return uses.definition(tile)
        .map(
            op ->
                switch (op) {
                  case ShapeOp.Broadcast broadcast -> through(broadcast.operand());
                  case ShapeOp.ExpandDims expand -> through(expand.operand());
                  default -> op;
                })
        .orElse(null);
  }

  private boolean isFromOutside(Value scalar) {
    return scalar != loop.induction()
        && !loop.carried().contains(scalar)
        && uses.definition(scalar).map(op -> !loop.body().ops().contains(op)).orElse(true);
  }

  private Optional<Range> range(Value value) {
    if (value == loop.induction()) {
      return Optional.of(new Range(1, 0, 0, null));
    }
    Op definition = through(value);
    if (definition instanceof ElementwiseOp.Constant constant) {
      return Optional.of(Range.of(constant.value().longValue()));
    }
    if (!value.type().isTile() && isFromOutside(value)) {
      return Optional.of(new Range(0, 0, 0, value));
    }
    return switch (definition) {
      case ShapeOp.Splat splat -> range(splat.operand());
      case ShapeOp.MakeRange range -> {
        long start = range.start();
        yield Optional.of(new Range(0, start, start + range.result().shape().dim(0) - 1, null));
      }
      case ElementwiseOp.Binary binary ->
          range(binary.left())
              .flatMap(left -> range(binary.right()).flatMap(right -> range(binary, left, right)));
      case null, default -> Optional.empty();
    };
  }

  private static Optional<Range> range(ElementwiseOp.Binary op, Range left, Range right) {
    return switch (op.kind()) {
      case ADD -> left.plus(right);
      case SUB -> right.negative().flatMap(left::plus);
      case MUL ->
          right.isNumber()
              ? left.times(right.least)
              : left.isNumber() ? right.times(left.least) : Optional.empty();
      default -> Optional.empty();
    };
  }
}
