package dev.kiln.ops.schedule;

import dev.kiln.runtime.KilnException;

/**
 * Walks along a schedule beside an optimizer. Each step of the walk has to follow a step of the
 * optimizer, or the first rate of the schedule would never be used. Not thread-safe.
 *
 * <pre>{@code
 * optimizer.step(scheduler.rate());
 * scheduler.optimizerStepped();
 * scheduler.step();
 * }</pre>
 */
public final class LearningRateScheduler {
  /** What is counted. */
  public enum Per {
    STEP,
    EPOCH
  }

  private final Schedule schedule;
  private final Per per;
  private long step;
  private PlateauState measured;
  private boolean optimizerHadItsTurn;

  public LearningRateScheduler(Schedule schedule, Per per) {
    this.schedule = schedule;
    this.per = per;
    this.measured = schedule.unmeasured();
  }

  public Schedule schedule() {
    return schedule;
  }

  public Per per() {
    return per;
  }

  /** Steps (or epochs) taken. */
  public long steps() {
    return step;
  }

  /** The rate that the next step of the optimizer has to use. */
  public double rate() {
    return schedule.at(step, measured);
  }

  /** The optimizer has made a step, or has skipped it because gradients overflowed. */
  public void optimizerStepped() {
    optimizerHadItsTurn = true;
  }

  /**
   * Goes on to the next step or epoch.
   *
   * @throws KilnException if the optimizer has not stepped since the last call
   */
  public void step() {
    if (!optimizerHadItsTurn) {
      throw new KilnException(
          "scheduler.step() before optimizer.step() at %s %d: the rate %s would never be used; let"
                  .formatted(per == Per.STEP ? "step" : "epoch", step, rate())
              + " the optimizer step first, then the schedule");
    }
    optimizerHadItsTurn = false;
    step++;
  }

  /** Hands in a measured value, such as the loss of a validation, to a schedule that measures. */
  public void measure(double metric) {
    measured = schedule.measure(step, measured, metric);
  }

  public ScheduleState state() {
    return new ScheduleState(schedule.toString(), step, measured);
  }

  /**
   * Goes on where a state was taken. The schedule may be another one than then: it goes on at the
   * same step, and what was measured is forgotten.
   *
   * @return whether the schedule is another one
   */
  public boolean restore(ScheduleState state) {
    Require.step(state.step());
    boolean exchanged = !schedule.toString().equals(state.schedule());
    step = state.step();
    measured = exchanged ? schedule.unmeasured() : state.plateau();
    // The state was taken after a step of both.
    optimizerHadItsTurn = false;
    return exchanged;
  }
}
