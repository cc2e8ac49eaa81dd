/**
 * Loads, stores, atomic operations, fences, conversions of addresses and hints to caches. In:
 * {@link dev.kiln.runtime.sim.program.DecodeContext}. Out: steps that reach memory through {@link
 * dev.kiln.runtime.sim.memory.MemoryPort}. PTX ISA manual, sections "Data Movement and Conversion
 * Instructions" and "Parallel Synchronization and Communication Instructions".
 */
package dev.kiln.runtime.sim.isa.memory;
