package dev.kiln.runtime.sim.exec;

import dev.kiln.runtime.sim.exec.ControlStep.SlotRange;

/** A call that has not returned: where to go on, and the registers that it must not change. */
final class Frame {
  /** The step after the call. */
  final int returnPc;

  /** The caller's own frame; {@code null} if the entry calls. */
  final Frame caller;

  /** Number of calls around this one, itself included. */
  final int depth;

  /** Where the lanes meet before they return. */
  final Join end;

  private final SlotRange range;
  private final int[] words;
  private final long[] wides;
  private final int[] predicates;

  Frame(Warp warp, int returnPc, Path path, int lanes, SlotRange saved) {
    this.returnPc = returnPc;
    this.caller = path.frame;
    this.depth = caller == null ? 1 : caller.depth + 1;
    this.end = new Join(ControlStep.AT_RETURN, this, lanes, path.join);
    this.range = saved;
    if (saved == null) {
      words = null;
      wides = null;
      predicates = null;
    } else {
      words = java.util.Arrays.copyOfRange(warp.words, saved.firstWord(), saved.endWord());
      wides = java.util.Arrays.copyOfRange(warp.wides, saved.firstWide(), saved.endWide());
      predicates =
          java.util.Arrays.copyOfRange(
              warp.predicates, saved.firstPredicate(), saved.endPredicate());
    }
  }

  /** Gives the lanes that return their registers back. */
  void restore(Warp warp, int lanes) {
    if (range == null) {
      return;
    }
    for (int i = 0; i < words.length; i++) {
      if ((lanes >>> i % Warp.LANES & 1) != 0) {
        warp.words[range.firstWord() + i] = words[i];
      }
    }
    for (int i = 0; i < wides.length; i++) {
      if ((lanes >>> i % Warp.LANES & 1) != 0) {
        warp.wides[range.firstWide() + i] = wides[i];
      }
    }
    for (int i = 0; i < predicates.length; i++) {
      int at = range.firstPredicate() + i;
      warp.predicates[at] = warp.predicates[at] & ~lanes | predicates[i] & lanes;
    }
  }
}
