/** Attention: forward and backward over whole sequences, and decoding over a cache. */
package dev.kiln.kernels.attention;
