package dev.kiln.ops.train;

/** The learning rate of each step. */
@FunctionalInterface
public interface LearningRate {
  /** The rate of a step, counted from 0. */
  double at(long step);

  /** The same rate always. */
  static LearningRate constant(double rate) {
    return step -> rate;
  }

  /**
   * {@code end + (initial - end) (1 + cos(pi step / steps)) / 2}; {@code end} from {@code steps}
   * on.
   */
  static LearningRate cosine(double initial, double end, long steps) {
    return step -> {
      double part = Math.min(1, (double) step / Math.max(1, steps));
      return end + (initial - end) * (1 + StrictMath.cos(Math.PI * part)) / 2;
    };
  }

  /**
   * {@code start + (end - start) step / warmUp} for the first steps, then another schedule from its
   * beginning.
   *
   * @param end what the other schedule starts with
   */
  static LearningRate warmUp(double start, double end, long warmUp, LearningRate then) {
    return step -> step < warmUp ? start + (end - start) * step / warmUp : then.at(step - warmUp);
  }
}
