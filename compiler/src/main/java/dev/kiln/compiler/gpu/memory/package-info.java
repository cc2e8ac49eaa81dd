/**
 * Global memory: loads, stores and atomics of tiles and scalars, prints and assertions.
 *
 * <p>Accesses are as wide as the axis analysis and the layout allow; all holders of an element load
 * it, one stores it. {@link GlobalOrder} puts barriers where accesses of different threads may meet
 * and tile IR orders them. See {@code docs/compiler-combine.md} for atomics.
 */
package dev.kiln.compiler.gpu.memory;
