package dev.kiln.compiler.gpu;

/**
 * A kernel in PTX, with all that a launcher needs.
 *
 * @param ptx the text of a module with one entry
 */
public record GpuKernel(String ptx, KernelAbi abi) {}
