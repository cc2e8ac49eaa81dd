package dev.kiln.runtime.sim.monitor;

import dev.kiln.runtime.sim.exec.Site;
import java.util.Optional;

/**
 * Something that a sanitizer found. The launch goes on.
 *
 * @param what a sentence, without the places: "thread 3 reads 4 bytes at shared address 12 that
 *     thread 35 writes without a barrier between"
 * @param where the instruction, and in words block, warp and lane
 * @param other the other access of a race, or what made the state that is misused
 */
public record Finding(Sanitizer sanitizer, String what, Place where, Optional<Place> other) {

  /**
   * An instruction and the thread that executed it.
   *
   * @param thread "block (0,0,0) warp 1 lane 3"
   */
  public record Place(Site site, String thread) {}

  /** Two findings of the same kind at the same instructions count as one. */
  Key key() {
    return new Key(sanitizer, where.site().pc(), other.map(place -> place.site().pc()).orElse(-1));
  }

  record Key(Sanitizer sanitizer, int pc, int otherPc) {}
}
