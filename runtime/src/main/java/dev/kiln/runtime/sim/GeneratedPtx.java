package dev.kiln.runtime.sim;

/**
 * PTX that the compiler made of a kernel.
 *
 * @param entry whose parameters are the kernel's run-time arguments, in order
 * @param threads of a block, along the first axis
 * @param dynamicShared bytes
 */
public record GeneratedPtx(String text, String entry, int threads, long dynamicShared) {}
