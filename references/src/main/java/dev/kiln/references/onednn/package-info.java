/**
 * oneDNN on the CPU: products, softmax, layer normalization, convolution. Uses {@code ops.profile},
 * {@code references} and {@code runtime.NdArray}'s conversion of numbers.
 */
package dev.kiln.references.onednn;
