/**
 * A CUDA driver without a GPU, for tests. In comes each call of the functions that {@code driver.c}
 * exports under the C interface of the official {@code cuda.h}; out go results of the simulator,
 * which runs what was queued as late as the order of streams allows. Uses {@code runtime.sim} and
 * the constants of {@code runtime.cuda.driver}.
 */
package dev.kiln.tests.cuda.driver;
