/**
 * Steps over the Vector API for the commonest instructions: one small class for each operation, the
 * operator a constant in it, so that the JIT makes straight vector code of each. In: indices in the
 * register file. Out: steps that do what the lane-by-lane forms do, faster. Decoders ask {@link
 * dev.kiln.runtime.sim.isa.vector.VectorForms#inUse} first: without {@code jdk.incubator.vector}
 * these classes must not be touched, not even by a method reference, which links them.
 */
package dev.kiln.runtime.sim.isa.vector;
