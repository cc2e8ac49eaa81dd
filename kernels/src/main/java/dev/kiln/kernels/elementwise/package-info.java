/** Element by element: activations, gated units, dropout, rotary embedding. */
package dev.kiln.kernels.elementwise;
