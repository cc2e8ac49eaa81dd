/** Whole training runs. */
package dev.kiln.tests.train;
