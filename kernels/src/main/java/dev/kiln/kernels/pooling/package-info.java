/**
 * Pooling (maximum, average, adaptive) and upsampling (nearest, linear) over one to three axes,
 * with gradients. Arrays have PyTorch's logical order, {@code N x C x ...}, and any strides.
 */
package dev.kiln.kernels.pooling;
