/**
 * Where the time of kernels goes.
 *
 * <p>In: work for a device. Out: its times ({@link dev.kiln.runtime.profile.DoBench}), and records
 * of launches, copies and the program's work meanwhile ({@link dev.kiln.runtime.profile.Profiler}).
 * Uses the package {@code runtime}, and of devices their timers and listeners only.
 */
package dev.kiln.runtime.profile;
