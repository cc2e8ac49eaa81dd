/**
 * The sanitizers {@code memory} and {@code init}. In: events of memory. Out: findings. Most of
 * {@code memory} are faults that {@link dev.kiln.runtime.sim.memory.MemoryPort} finds with or
 * without it.
 */
package dev.kiln.runtime.sim.monitor.memory;
