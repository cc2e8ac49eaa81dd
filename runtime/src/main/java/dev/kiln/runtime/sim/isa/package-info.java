/**
 * What each instruction does: for each family a package with a table of decoders and the steps that
 * they make. In: {@link dev.kiln.runtime.sim.program.DecodeContext}. Out: {@link
 * dev.kiln.runtime.sim.exec.Step}. Written from the PTX ISA manual, version 9.0.
 */
package dev.kiln.runtime.sim.isa;
