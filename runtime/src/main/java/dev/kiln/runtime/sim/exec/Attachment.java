package dev.kiln.runtime.sim.exec;

import java.util.function.Function;

/**
 * State that a family of instructions keeps for each warp or block, such as copies that have not
 * been waited for. A constant of the family's class is the key.
 *
 * @param <O> {@link Warp} or {@link Block}
 * @param <T> the state
 * @param create makes it when it is first asked for
 */
public record Attachment<O, T>(Function<O, T> create) {
  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }
}
