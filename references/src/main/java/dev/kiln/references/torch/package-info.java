/**
 * libtorch through JavaCPP: tensors with the numbers of Java's arrays, its operators by name, and
 * the fused operations that it has. In: cases of {@code ops.profile}. Out: calls and their results
 * in Java. Uses {@code ops.profile} and {@code runtime.NdArray}.
 */
package dev.kiln.references.torch;
