/**
 * The simulator of PTX as a device, and its API for PTX that Kiln did not generate. In: PTX text,
 * buffers, launch shapes. Out: results in the buffers, faults, findings of the sanitizers,
 * counters.
 *
 * <p>Flow: {@code ptx} parses text into a syntax tree; {@code program} links it and makes one flat
 * list of {@link dev.kiln.runtime.sim.exec.Step}s for each entry, asking {@code isa} for each
 * instruction; {@code exec} runs the steps, warp by warp, over {@code memory}; {@code monitor}
 * hears of everything that happens, for sanitizers and counters. Uses of the rest of Kiln: devices,
 * buffers and the slab; nothing of the compiler's code generator.
 */
package dev.kiln.runtime.sim;
