/**
 * Small PTX kernels with one planted fault each, and corrected twins: the sanitizers have to find
 * just the faults. In: the texts in {@code resources/faults}, which say in comments how they are
 * launched and what is to be found.
 */
package dev.kiln.tests.sim.faults;
