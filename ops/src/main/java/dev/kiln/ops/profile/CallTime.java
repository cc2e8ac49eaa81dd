package dev.kiln.ops.profile;

/**
 * How long a call takes: quantiles over many calls, in seconds.
 *
 * @param calls that were timed
 */
public record CallTime(double least, double p20, double median, double p80, int calls) {}
