package dev.kiln.runtime.tune;

import java.util.List;

/** Times trials by turns until they become no faster. */
final class Rounds {
  /** Times that differ by this factor may be of the other order at another moment. */
  private static final double CLOSE = 1.5;

  /** What counts as faster. */
  private static final double LESS = 0.97;

  /** Rounds in a row in which nothing becomes faster. */
  private static final int PATIENCE = 3;

  /** Where code is compiled meanwhile, nobody is left out before so many rounds. */
  private static final int WARMING = 6;

  private final TrialTimer timer;
  private final List<Trial> trials;
  private final double[] nanos;

  /**
   * @param nanos first time of each; the least ones in the end
   */
  Rounds(TrialTimer timer, List<Trial> trials, double[] nanos) {
    this.timer = timer;
    this.trials = trials;
    this.nanos = nanos;
  }

  void play() {
    if (trials.size() < 2) {
      return;
    }
    int most = timer.rounds(trials.getFirst().device());
    int warming = trials.getFirst().device().warmsUp() ? WARMING : 0;
    int idle = 0;
    for (int round = 0; round < most && (round < warming || idle < PATIENCE); round++) {
      idle = play(round < warming) ? 0 : idle + 1;
    }
  }

  /**
   * One round.
   *
   * @param all whether also those take part that are far behind
   * @return whether one became faster
   */
  private boolean play(boolean all) {
    double limit = all ? Double.POSITIVE_INFINITY : CLOSE * least();
    boolean faster = false;
    for (int i = 0; i < nanos.length; i++) {
      if (nanos[i] <= limit) {
        double next = timer.nanos(trials.get(i));
        faster |= next < LESS * nanos[i];
        nanos[i] = Math.min(nanos[i], next);
      }
    }
    return faster;
  }

  private double least() {
    double least = Double.POSITIVE_INFINITY;
    for (double each : nanos) {
      least = Math.min(least, each);
    }
    return least;
  }
}
