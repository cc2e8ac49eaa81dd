/**
 * {@code cvt} between all numbers that PTX knows, and {@code cvt.pack}. In: a {@link
 * dev.kiln.runtime.sim.program.DecodeContext}. Out: steps. Uses the formats and roundings of {@code
 * floating}. PTX ISA 9.0, sections "Data Movement and Conversion Instructions: cvt" and "cvt.pack".
 */
package dev.kiln.runtime.sim.isa.convert;
