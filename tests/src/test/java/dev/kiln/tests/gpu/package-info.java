/**
 * PTX that the compiler makes: accepted by ptxas, right in the simulator, as good as its kernels'
 * comments say. Tests that need ptxas are skipped where it is missing.
 */
package dev.kiln.tests.gpu;
