/**
 * Floating-point instructions: arithmetic in every type and rounding mode, minimum and maximum,
 * roots and approximate functions, comparisons. In: a {@link
 * dev.kiln.runtime.sim.program.DecodeContext}. Out: steps. Results are the same bits on every
 * machine: a NaN is canonical in types of up to 32 bits and keeps its payload in {@code .f64}, and
 * no intrinsic whose last bits may vary is used. PTX ISA 9.0, sections "Floating-Point
 * Instructions", "Half Precision Floating-Point Instructions" and "Mixed Precision Floating-Point
 * Instructions".
 */
package dev.kiln.runtime.sim.isa.floating;
