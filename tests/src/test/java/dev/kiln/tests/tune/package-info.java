/** Tuning of kernels on several devices; times come from the tests, never from a clock. */
package dev.kiln.tests.tune;
