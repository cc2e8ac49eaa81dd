/** Rows of a table by index, and their gradient. */
package dev.kiln.kernels.embedding;
