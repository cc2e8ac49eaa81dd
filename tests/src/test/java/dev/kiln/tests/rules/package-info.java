/**
 * The rules of the CPU device, on kernels of every kind: the same bits however a kernel runs,
 * agreement with the evaluator, small methods, no C1, no allocation, and scalar loops where the
 * Vector API is absent.
 */
package dev.kiln.tests.rules;
