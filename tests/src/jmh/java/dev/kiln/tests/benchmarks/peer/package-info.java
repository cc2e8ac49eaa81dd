/**
 * Kiln against libtorch and OpenBLAS: the same work on the same numbers, in one process, by turns,
 * on as many threads. Each row first requires that both compute the same.
 */
package dev.kiln.tests.benchmarks.peer;
