/** Reductions. */
package dev.kiln.kernels.reduction;
