/**
 * Moves, selections and comparisons: sections 9.7.6 (set, setp, selp, slct) and 9.7.9 (mov) of the
 * PTX ISA manual.
 */
package dev.kiln.runtime.sim.isa.move;
