package dev.kiln.ops.schedule;

/**
 * Where a {@link LearningRateScheduler} is, for a checkpoint. A record of plain values that JSON
 * holds.
 *
 * @param schedule the text of the schedule, which tells on resume whether it was exchanged
 * @param step steps (or epochs) taken
 * @param plateau what was measured, or null where the schedule doesn't measure
 */
public record ScheduleState(String schedule, long step, PlateauState plateau) {}
