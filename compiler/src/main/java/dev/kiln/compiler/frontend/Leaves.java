package dev.kiln.compiler.frontend;

import dev.kiln.compiler.frontend.FrontValue.Constexpr;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.frontend.FrontValue.TupleValue;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Values as the leaves they are made of: tuples and composites open into their parts, everything
 * else is a leaf. Branches and loops work on leaves.
 */
final class Leaves {
  private Leaves() {}

  static List<FrontValue> of(FrontValue value) {
    var leaves = new ArrayList<FrontValue>();
    collect(value, leaves);
    return leaves;
  }

  private static void collect(FrontValue value, List<FrontValue> leaves) {
    switch (value) {
      case TupleValue tuple -> tuple.items().forEach(item -> collect(item, leaves));
      case Composite composite -> composite.parts().forEach(part -> collect(part, leaves));
      default -> leaves.add(value);
    }
  }

  /** A value of the same structure with other leaves, in order. */
  static FrontValue rebuild(FrontValue value, Iterator<FrontValue> leaves) {
    return switch (value) {
      case TupleValue tuple ->
          new TupleValue(
              tuple.items().stream().map(item -> rebuild(item, leaves)).toList(), tuple.names());
      case Composite composite ->
          composite.withParts(
              composite.parts().stream().map(part -> rebuild(part, leaves)).toList());
      default -> leaves.next();
    };
  }

  static FrontValue map(FrontValue value, UnaryOperator<FrontValue> change) {
    return rebuild(value, of(value).stream().map(change).iterator());
  }

  /** Whether both open into leaves in the same way; the leaves may differ. */
  static boolean sameStructure(FrontValue a, FrontValue b) {
    return switch (a) {
      case TupleValue left ->
          b instanceof TupleValue right
              && left.items().size() == right.items().size()
              && left.names().equals(right.names())
              && sameStructure(left.items(), right.items());
      case Composite left ->
          left.sameKind(b) && sameStructure(left.parts(), ((Composite) b).parts());
      default -> !(b instanceof TupleValue) && !(b instanceof Composite);
    };
  }

  private static boolean sameStructure(List<FrontValue> a, List<FrontValue> b) {
    if (a.size() != b.size()) {
      return false;
    }
    for (int i = 0; i < a.size(); i++) {
      if (!sameStructure(a.get(i), b.get(i))) {
        return false;
      }
    }
    return true;
  }

  /** Whether both are the very same run-time values and equal constants. */
  static boolean identical(FrontValue a, FrontValue b) {
    if (a == b) {
      return true;
    }
    if (!sameStructure(a, b)) {
      return false;
    }
    List<FrontValue> left = of(a);
    List<FrontValue> right = of(b);
    for (int i = 0; i < left.size(); i++) {
      if (!identicalLeaf(left.get(i), right.get(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean identicalLeaf(FrontValue a, FrontValue b) {
    return switch (a) {
      case Tensor left ->
          b instanceof Tensor right
              && left.value() == right.value()
              && left.type().equals(right.type());
      case Constexpr left ->
          b instanceof Constexpr right
              && left.value().getClass() == right.value().getClass()
              && left.value().equals(right.value());
      default -> a.equals(b);
    };
  }
}
