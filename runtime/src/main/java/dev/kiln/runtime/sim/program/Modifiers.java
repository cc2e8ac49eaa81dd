package dev.kiln.runtime.sim.program;

import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The modifiers of an instruction, matched as a set: tools write them in different orders. Types
 * keep their order. What has been taken is gone; what is left when decoding ends is reported.
 */
public final class Modifiers {
  private final List<String> left;

  public Modifiers(List<String> words) {
    this.left = new ArrayList<>(words);
  }

  /** Takes a word if it is there. */
  public boolean take(String word) {
    return left.remove(word);
  }

  /** Takes the first of the words that is there. */
  public Optional<String> takeAny(String... words) {
    for (String word : words) {
      if (left.remove(word)) {
        return Optional.of(word);
      }
    }
    return Optional.empty();
  }

  /** Takes the next word that names a type. */
  public Optional<PtxType> takeType() {
    for (int i = 0; i < left.size(); i++) {
      Optional<PtxType> type = PtxType.parse(left.get(i));
      if (type.isPresent()) {
        left.remove(i);
        return type;
      }
    }
    return Optional.empty();
  }

  /** Whether a word is there. */
  public boolean has(String word) {
    return left.contains(word);
  }

  /** What has not been taken. */
  public List<String> left() {
    return List.copyOf(left);
  }
}
