/**
 * Functions that the system provides to kernels: {@code vprintf}, {@code __assertfail}, {@code
 * malloc}, {@code free}. In: their names and where arguments lie. Out: steps. CUDA C++ Programming
 * Guide, sections "Formatted Output", "Assertion" and "Dynamic Global Memory Allocation".
 */
package dev.kiln.runtime.sim.isa.system;
