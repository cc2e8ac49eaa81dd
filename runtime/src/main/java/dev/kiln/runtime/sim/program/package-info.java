/**
 * From a syntax tree to something that runs: symbols resolved, registers given slots, control flow
 * and reconvergence known, each instruction decoded. In: {@link dev.kiln.runtime.sim.ptx.PtxFile}.
 * Out: {@link dev.kiln.runtime.sim.program.Program}s and a list of what is not supported.
 */
package dev.kiln.runtime.sim.program;
