/**
 * Pages of profiles: a {@link dev.kiln.ops.profile.ProfileReport} comes in, one self-contained HTML
 * file goes out, with tables, rooflines and what each line of a kernel did. Uses {@code
 * ops.profile}, {@code ops.page} and the counters and rooflines of {@code runtime.sim}.
 */
package dev.kiln.ops.profile.page;
