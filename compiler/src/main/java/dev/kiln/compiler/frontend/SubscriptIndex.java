package dev.kiln.compiler.frontend;

import java.util.Optional;

/** One of the indices between the brackets of {@code value[index, ...]}. */
public sealed interface SubscriptIndex {
  /** {@code None}: a new axis of extent 1. */
  record None() implements SubscriptIndex {}

  /** {@code :} alone. */
  record FullSlice() implements SubscriptIndex {}

  /** {@code lower:upper:step} where at least one part is there; for tuples only. */
  record Slice(Optional<FrontValue> lower, Optional<FrontValue> upper, Optional<FrontValue> step)
      implements SubscriptIndex {}

  /** Any other expression. */
  record Item(FrontValue value) implements SubscriptIndex {}
}
