/**
 * Profiles of fused operations: what each moves and computes, how long it takes on a device, how
 * near that is to what the device could do, and how it compares with other libraries.
 *
 * <p>In: a table of {@link dev.kiln.ops.profile.ProfiledOperation}s, shapes and dtypes, a device.
 * Out: a {@link dev.kiln.ops.profile.ProfileReport} of records, also as JSON. Libraries to compare
 * with are found by {@link java.util.ServiceLoader} as {@link
 * dev.kiln.ops.profile.ReferenceLibrary}. Uses {@code kernels} and {@code kernels.reference},
 * {@code runtime}, {@code runtime.profile} and {@code runtime.sim} with its counters and estimates;
 * nothing of tensors or training.
 */
package dev.kiln.ops.profile;
