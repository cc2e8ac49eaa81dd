/**
 * Which configuration of {@code @triton.autotune} a launch uses.
 *
 * <p>In: a {@link dev.kiln.runtime.tune.TuningRequest}: a launch with its configurations, its
 * arguments, and ways to try a configuration without a trace. Out: one configuration, by a {@link
 * dev.kiln.runtime.tune.TuningPolicy}: the first; the fastest of what {@link
 * dev.kiln.runtime.tune.TuningRecords} hold; or the fastest after measuring, or estimating, what is
 * not known. Uses {@code cache}, {@code profile} and for estimates {@code sim}.
 */
package dev.kiln.runtime.tune;
