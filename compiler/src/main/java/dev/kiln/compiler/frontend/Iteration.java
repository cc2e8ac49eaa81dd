package dev.kiln.compiler.frontend;

import dev.kiln.compiler.frontend.FrontValue.Constexpr;
import dev.kiln.compiler.frontend.FrontValue.TupleValue;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What loops and comprehensions may run over at compile time. */
final class Iteration {
  /** Loops longer than this are a mistake: each iteration is compiled on its own. */
  static final int MAX_UNROLLED = 1 << 16;

  private Iteration() {}

  /** The items of a tuple or of a range with constant bounds; empty for anything else. */
  static Optional<List<FrontValue>> items(Interpreter interpreter, FrontValue iterable) {
    return switch (iterable) {
      case TupleValue tuple -> Optional.of(tuple.items());
      case RangeValue range
          when Interpreter.isConstant(range.start())
              && Interpreter.isConstant(range.stop())
              && Interpreter.isConstant(range.step()) ->
          Optional.of(count(interpreter, range));
      default -> Optional.empty();
    };
  }

  private static List<FrontValue> count(Interpreter interpreter, RangeValue range) {
    BigInteger start = bound(interpreter, range.start());
    BigInteger stop = bound(interpreter, range.stop());
    BigInteger step = bound(interpreter, range.step());
    if (step.signum() == 0) {
      throw interpreter.error("the step of a range must not be zero");
    }
    var items = new ArrayList<FrontValue>();
    for (BigInteger i = start; i.compareTo(stop) * step.signum() < 0; i = i.add(step)) {
      if (items.size() == MAX_UNROLLED) {
        throw interpreter.error(
            "a loop of more than " + MAX_UNROLLED + " iterations cannot be unrolled",
            "use range instead of static_range");
      }
      items.add(Constants.integer(i));
    }
    return items;
  }

  private static BigInteger bound(Interpreter interpreter, FrontValue value) {
    return Constants.integerValue(value instanceof Constexpr c ? c.value() : value)
        .orElseThrow(
            () ->
                interpreter.error(
                    "the bounds of a range must be integers, not " + Conversions.describe(value)));
  }
}
