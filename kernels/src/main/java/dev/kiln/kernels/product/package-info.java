/** Matrix products: dense, batched, grouped, quantised, with fused epilogues. */
package dev.kiln.kernels.product;
