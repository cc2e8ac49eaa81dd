package dev.kiln.ops.train;

/** Hears how training goes, on the training thread. */
public interface TrainingListener {
  /** Hears nothing. */
  TrainingListener NONE = new TrainingListener() {};

  /** An epoch begins. */
  default void epochStarted(int epoch, int steps) {}

  /**
   * A step is done.
   *
   * @param step its number, from 1
   * @param loss the batch's mean loss before the step
   */
  default void stepped(long step, int epoch, double learningRate, float loss) {}

  default void epochFinished(EpochResult result) {}
}
