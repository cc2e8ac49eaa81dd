/**
 * What all launchers of GPU kernels share, simulated or not: how arguments become the parameters of
 * an entry, what of a compiled kernel is kept in the cache, and {@code ptxas}, where it is
 * installed. Knows no device.
 */
package dev.kiln.runtime.gpu;
