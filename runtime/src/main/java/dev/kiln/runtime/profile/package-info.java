/**
 * Where the time of kernels goes.
 *
 * <p>In: work for a device. Out: its times ({@link dev.kiln.runtime.profile.DoBench}). Uses the
 * package {@code runtime}, and of devices their timers and listeners only.
 */
package dev.kiln.runtime.profile;
