/** Logic, shifts and byte permutations: section 9.7.8 of the PTX ISA manual. */
package dev.kiln.runtime.sim.isa.logic;
