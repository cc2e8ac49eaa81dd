/**
 * Integer arithmetic, bit fields, dot products and video instructions: sections 9.7.1, 9.7.2 and
 * 9.7.17 of the PTX ISA manual.
 */
package dev.kiln.runtime.sim.isa.integer;
