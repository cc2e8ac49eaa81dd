package dev.kiln.ops.schedule;

/**
 * A learning rate as a function of the step, which may as well be an epoch: a schedule counts
 * whatever its driver counts, from 0. Immutable. {@link Object#toString} gives the text that {@link
 * Schedules#parse(String)} reads.
 */
public sealed interface Schedule
    permits Constant,
        PiecewiseConstant,
        StepDecay,
        MultiStep,
        Exponential,
        NaturalExponential,
        Polynomial,
        InverseTime,
        Cosine,
        CosineRestarts,
        Noam,
        OneCycle,
        LambdaSchedule,
        ReduceOnPlateau,
        WarmUp,
        WarmUpStableDecay {

  /**
   * The rate at a step, from 0. Of a schedule that measures, the rate as long as nothing was
   * measured.
   *
   * @throws dev.kiln.runtime.KilnException if the step is negative
   */
  double at(long step);

  /** The rate at a step after what was measured; the same as {@link #at(long)} for most. */
  default double at(long step, PlateauState measured) {
    return at(step);
  }

  /** The state before the first measurement, or null: this schedule is a function of the step. */
  default PlateauState unmeasured() {
    return null;
  }

  /** The state after one more measurement, taken after so many steps. */
  default PlateauState measure(long step, PlateauState state, double metric) {
    return state;
  }

  /** Whether the rate depends on measurements, which the training loop must then hand in. */
  default boolean measures() {
    return unmeasured() != null;
  }
}
