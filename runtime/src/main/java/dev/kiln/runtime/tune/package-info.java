/**
 * Which configuration of {@code @triton.autotune} a launch uses.
 *
 * <p>In: a kernel's configurations and the arguments that its {@code key} names. Out: one of them,
 * by a {@link dev.kiln.runtime.tune.TuningPolicy}: the first, or what {@link
 * dev.kiln.runtime.tune.TuningRecords} keep on disk. Nothing is measured here. Uses {@code cache}.
 */
package dev.kiln.runtime.tune;
