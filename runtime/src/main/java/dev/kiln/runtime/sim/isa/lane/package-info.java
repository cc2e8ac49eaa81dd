/**
 * Frames for steps that compute lane by lane: numbers in, a number out. In: operands and an
 * operation on {@code long}s. Out: a {@link dev.kiln.runtime.sim.exec.Step}, in the form over
 * vectors where one is given and may be used.
 */
package dev.kiln.runtime.sim.isa.lane;
