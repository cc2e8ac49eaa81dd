package dev.kiln.ops.tensor;

import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.npy.NpyArray;
import dev.kiln.runtime.npy.NpyFile;
import java.nio.file.Path;

/** Numbers for the host, which wait for the device. */
public sealed interface HostOperations permits Tensor {
  /** This tensor. */
  Tensor self();

  /** The elements in row-major order, rounded to fp32. */
  default float[] toFloats() {
    return self().array().toFloats();
  }

  /** The elements in row-major order; exact but for integers beyond 2<sup>53</sup>. */
  default double[] toDoubles() {
    return self().array().toDoubles();
  }

  /** The elements of an integer tensor in row-major order. */
  default long[] toLongs() {
    return self().array().toLongs();
  }

  /**
   * The number of a tensor with one element.
   *
   * @throws KilnException if there is not exactly one
   */
  default double item() {
    if (self().size() != 1) {
      throw new KilnException("item: needs a tensor of one element, but is " + self());
    }
    return self().array().toDoubles()[0];
  }

  /**
   * Writes a {@code .npy} file, which appears whole or not at all.
   *
   * @throws KilnException if it cannot be written, or npy has no such dtype, as bf16
   */
  default void save(Path file) {
    Tensor x = self();
    NpyFile.write(file, new NpyArray(x.dtype(), x.shape(), x.array().toBytes()));
  }
}
