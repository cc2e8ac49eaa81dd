/**
 * Convolutions of one to three axes with their gradients, plain, grouped, depthwise and transposed.
 * Arrays have PyTorch's logical order, {@code N x C x ...} and {@code out x in x ...}, and any
 * strides.
 */
package dev.kiln.kernels.convolution;
