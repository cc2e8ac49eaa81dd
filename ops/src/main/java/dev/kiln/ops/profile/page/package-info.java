/**
 * Pages of profiles: a {@link dev.kiln.ops.profile.ProfileReport} comes in, one self-contained HTML
 * file goes out. Uses {@code ops.profile} and {@code ops.report}.
 */
package dev.kiln.ops.profile.page;
