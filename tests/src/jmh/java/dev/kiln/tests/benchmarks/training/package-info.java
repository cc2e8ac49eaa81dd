/**
 * Training steps of whole models in libtorch: their speed and memory beside Kiln's, and the numbers
 * that the tests of {@code dev.kiln.tests.train} compare with ({@link
 * dev.kiln.tests.benchmarks.training.TorchGoldens} writes them). In: shapes, weights as arrays of
 * floats by name. Out: losses, gradients, times, files. Uses libtorch through JavaCPP, the package
 * {@code peer}, and Jackson.
 */
package dev.kiln.tests.benchmarks.training;
