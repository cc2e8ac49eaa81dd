/**
 * Barriers of warps, blocks and clusters, and instructions that stop a kernel or only say something
 * to the hardware. In: decode contexts. Out: steps, some of which the executor runs. PTX ISA
 * sections "Parallel Synchronization and Communication" and "Miscellaneous".
 */
package dev.kiln.runtime.sim.isa.sync;
