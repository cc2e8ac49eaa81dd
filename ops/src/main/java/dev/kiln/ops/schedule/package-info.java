/**
 * Learning rates as functions of the step, plain numbers without tensors.
 *
 * <p>In come a step (or an epoch) counted from 0 and, for {@link
 * dev.kiln.ops.schedule.ReduceOnPlateau}, a measured value; out goes a rate. Schedules are
 * immutable records with a text form; what changes lives in {@link
 * dev.kiln.ops.schedule.LearningRateScheduler}. Uses {@code dev.kiln.runtime} for its exception
 * only.
 */
package dev.kiln.ops.schedule;
