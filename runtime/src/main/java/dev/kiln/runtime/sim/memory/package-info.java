/**
 * What addresses mean. In: addresses and masks. Out: bytes, or faults that say what lies nearby. Uses
 * the device's slab.
 *
 * <p>Generic addresses: global memory from {@link
 * dev.kiln.runtime.sim.memory.AddressSpace#GLOBAL_BASE} up (a global address is its own generic
 * address), windows for shared, local, constant and parameter memory above it.
 */
package dev.kiln.runtime.sim.memory;
