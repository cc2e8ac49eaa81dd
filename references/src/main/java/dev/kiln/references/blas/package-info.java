/** OpenBLAS: products of matrices in fp32. Uses {@code ops.profile} and {@code references}. */
package dev.kiln.references.blas;
