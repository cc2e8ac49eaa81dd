package dev.kiln.runtime.sim.monitor;

import dev.kiln.runtime.sim.exec.PlaceText;
import dev.kiln.runtime.sim.exec.Site;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
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
   * @param thread "block (0, 0, 0), warp 1, lane 3, thread (35, 0, 0)"
   */
  public record Place(Site site, String thread) {
    /**
     * @param lane -1 if it is none's in particular
     */
    public static Place of(Step step, Warp warp, int lane) {
      return new Place(step.site(), PlaceText.thread(warp, lane));
    }

    private String text() {
      return "\n  at %s\n  in %s, %s".formatted(PlaceText.of(site), site.function(), thread);
    }
  }

  /** Without another access. */
  public static Finding of(Sanitizer sanitizer, String what, Place where) {
    return new Finding(sanitizer, what, where, Optional.empty());
  }

  /**
   * In full: the sanitizer and the sentence; then, a line each, the instruction with its line in
   * the PTX and in the source where {@code .loc} tells it, and who executed it; then the same for
   * the other access.
   */
  public String text() {
    String second = other.map(place -> "\nand" + place.text()).orElse("");
    return sanitizer.label() + ": " + what + where.text() + second;
  }

  /** Two findings of the same kind at the same instructions count as one. */
  Key key() {
    return new Key(sanitizer, where.site().pc(), other.map(place -> place.site().pc()).orElse(-1));
  }

  record Key(Sanitizer sanitizer, int pc, int otherPc) {}
}
