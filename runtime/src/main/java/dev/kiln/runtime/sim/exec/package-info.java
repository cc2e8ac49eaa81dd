/**
 * The machine: warps, blocks, clusters and a grid, and what runs them. In: a {@link
 * dev.kiln.runtime.sim.program.Program} and a launch. Out: changed memory, faults. Knows no
 * instruction by name: an instruction is a {@link dev.kiln.runtime.sim.exec.Step}. Uses {@code
 * memory} and {@code monitor}.
 */
package dev.kiln.runtime.sim.exec;
