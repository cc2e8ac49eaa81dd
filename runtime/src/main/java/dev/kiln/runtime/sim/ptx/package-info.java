/**
 * PTX text as a syntax tree. In: text. Out: {@link dev.kiln.runtime.sim.ptx.PtxFile}, or
 * diagnostics with line and column. Knows no instruction: opcodes and modifiers are words here.
 * Uses ANTLR, and no other package of the simulator.
 */
package dev.kiln.runtime.sim.ptx;
