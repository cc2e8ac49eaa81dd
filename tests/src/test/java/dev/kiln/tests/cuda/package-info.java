/**
 * The complete CUDA path: discovery, memory, streams, events, modules, launches, graphs and errors,
 * on the driver without a GPU of {@code cuda.driver}, or on a real one with {@code
 * -Dkiln.test.cuda=real} (Maven profile {@code gpu}).
 */
package dev.kiln.tests.cuda;
