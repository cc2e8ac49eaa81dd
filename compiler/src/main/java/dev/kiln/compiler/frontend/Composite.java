package dev.kiln.compiler.frontend;

import java.util.List;

/**
 * A value made of run-time values that loops and branches carry one by one: a block pointer, a
 * tensor descriptor. Its constant parts (block shape, element type) are no parts in this sense.
 */
public interface Composite extends FrontValue {
  /** The run-time parts: {@link FrontValue.Tensor}s, always in the same order. */
  List<FrontValue> parts();

  /** The same value with other parts, of the same types. */
  Composite withParts(List<FrontValue> parts);

  /** Whether a value of that kind could take this one's place in a loop or a branch. */
  boolean sameKind(FrontValue other);

  /** The type in the language's terms, for messages. */
  String typeName();
}
