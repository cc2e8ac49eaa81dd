/**
 * What addresses mean. In: addresses and masks. Out: bytes, or faults that say what lies nearby.
 * All reads and writes of simulated memory go through {@link
 * dev.kiln.runtime.sim.memory.MemoryPort} (lanes) or {@link dev.kiln.runtime.sim.memory.ByteRange}
 * (copies and matrices), which check them and tell the monitor. Uses the slab of {@code
 * dev.kiln.runtime.memory}.
 *
 * <p>Generic addresses: global memory from {@link
 * dev.kiln.runtime.sim.memory.AddressSpace#GLOBAL_BASE} up (a global address is its own generic
 * address), windows for shared, local, constant and parameter memory above it.
 */
package dev.kiln.runtime.sim.memory;
