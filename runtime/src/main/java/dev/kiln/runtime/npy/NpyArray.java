package dev.kiln.runtime.npy;

import dev.kiln.compiler.ir.DType;

/**
 * The content of a file.
 *
 * @param data little endian, row-major
 */
public record NpyArray(DType dtype, long[] shape, byte[] data) {
  /** Number of elements. */
  public long size() {
    long n = 1;
    for (long d : shape) {
      n *= d;
    }
    return n;
  }
}
