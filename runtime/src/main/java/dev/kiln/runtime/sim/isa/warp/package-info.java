/**
 * Instructions by which the lanes of a warp exchange values: shuffles, votes, match, reductions and
 * elections; section 9.7.9 (shfl.sync) and 9.7.13 of the PTX ISA manual. The executor has brought
 * the lanes of a mask together before such a step runs: its active lanes are the mask.
 */
package dev.kiln.runtime.sim.isa.warp;
