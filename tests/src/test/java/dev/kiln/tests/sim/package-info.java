/**
 * CUDA C++ kernels on the simulator. In: the PTX that nvcc made of {@code resources/cuda/*.cu},
 * kept beside them. Each entry is compared with a plain reference in Java, in every {@link
 * dev.kiln.tests.sim.Way} of running it.
 */
package dev.kiln.tests.sim;
