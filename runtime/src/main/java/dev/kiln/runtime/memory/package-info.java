/**
 * Memory of devices that live in host memory: one slab per device, handed out in slices.
 *
 * <p>In: sizes. Out: offsets into one {@link java.lang.foreign.MemorySegment}, so that every access
 * of a kernel is checked against one range and a stray one cannot leave it. Uses {@code
 * dev.kiln.runtime} for its exceptions alone.
 */
package dev.kiln.runtime.memory;
