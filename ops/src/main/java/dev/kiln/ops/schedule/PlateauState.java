package dev.kiln.ops.schedule;

/**
 * What {@link ReduceOnPlateau} remembers.
 *
 * @param rate the rate now
 * @param best the best value measured; an infinity before the first
 * @param bad measurements without improvement since the best or since the last reduction
 * @param cooldown measurements still to be ignored after a reduction
 */
public record PlateauState(double rate, double best, long bad, long cooldown) {}
