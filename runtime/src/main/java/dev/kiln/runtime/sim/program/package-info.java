/**
 * From a syntax tree to something that runs: symbols resolved, registers given slots, control flow
 * and reconvergence known, each instruction decoded. In: {@link dev.kiln.runtime.sim.ptx.PtxFile}.
 * Out: {@link dev.kiln.runtime.sim.program.Program}s and a list of what is not supported.
 *
 * <p>Each function is decoded twice: once when the module is loaded, to hear what its instructions
 * read and write and what is wrong with them ({@code FunctionCode}), so that registers can be given
 * slots by their liveness; and once for each entry that uses it, when everything has its place
 * ({@code ProgramLinker}).
 */
package dev.kiln.runtime.sim.program;
