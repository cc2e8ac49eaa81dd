package dev.kiln.compiler.gpu.pipeline;

import dev.kiln.compiler.analysis.Uses;
import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.Value;
import java.util.Optional;

/**
 * For which iterations of a loop all elements of a mask are true: {@code i + numbers < bound}, with
 * the induction variable and numbers that are known, is true as long as it is for the largest.
 */
final class SteadyMasks {
  private final Uses uses;
  private final ControlOp.For loop;

  SteadyMasks(Uses uses, ControlOp.For loop) {
    this.uses = uses;
    this.loop = loop;
  }

  /**
   * The mask is true throughout while {@code i + reach < limit}.
   *
   * @param reach not negative
   */
  record Bound(Value limit, long reach) {}

  /**
   * Numbers of a tile: so many times the induction variable, plus something between two numbers.
   */
  private record Range(int inductions, long least, long most) {
    Range plus(Range other) {
      return new Range(inductions + other.inductions, least + other.least, most + other.most);
    }
  }

  /** When a mask has no edge; empty if it does not have the form. */
  Optional<Bound> bound(Value mask) {
    if (!(through(mask) instanceof ElementwiseOp.Compare compare)
        || compare.kind() != CompareKind.LT
        || compare.left().dtype() != DType.I32
        || loop.induction().dtype() != DType.I32
        || loop.unsigned()) {
      return Optional.empty();
    }
    Optional<Range> left = range(compare.left());
    Optional<Value> limit = scalar(compare.right());
    return left.isPresent()
            && limit.isPresent()
            && left.get().inductions == 1
            && left.get().least >= 0
            && left.get().most <= Integer.MAX_VALUE
        ? Optional.of(new Bound(limit.get(), left.get().most))
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

  /** The scalar from outside the loop that all elements are. */
  private Optional<Value> scalar(Value tile) {
    return through(tile) instanceof ShapeOp.Splat splat
            && splat.operand() != loop.induction()
            && !loop.carried().contains(splat.operand())
            && uses.definition(splat.operand())
                .map(op -> !loop.body().ops().contains(op))
                .orElse(true)
        ? Optional.of(splat.operand())
        : Optional.empty();
  }

  private Optional<Range> range(Value tile) {
    return switch (through(tile)) {
      case ShapeOp.Splat splat when splat.operand() == loop.induction() ->
          Optional.of(new Range(1, 0, 0));
      case ShapeOp.MakeRange range -> {
        long start = range.start();
        yield Optional.of(new Range(0, start, start + range.result().shape().dim(0) - 1));
      }
      case ElementwiseOp.Binary sum when sum.kind() == BinaryKind.ADD ->
          range(sum.left()).flatMap(left -> range(sum.right()).map(left::plus));
      case ElementwiseOp.Constant constant -> {
        long number = constant.value().longValue();
        yield Optional.of(new Range(0, number, number));
      }
      case null, default -> Optional.empty();
    };
  }
}
