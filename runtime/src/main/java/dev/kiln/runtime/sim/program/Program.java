package dev.kiln.runtime.sim.program;

/**
 * One entry with the functions that it calls, ready to run. Skeleton of the contract; see the
 * package.
 *
 * @param words number of register slots of up to 32 bits, constants included
 * @param wides of 64 bits
 * @param predicates of one bit
 */
public record Program(int words, int wides, int predicates) {}
