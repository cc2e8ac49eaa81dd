package dev.kiln.ops.profile;

import dev.kiln.compiler.ir.DType;
import java.util.Arrays;

/**
 * Numbers in host memory.
 *
 * @param dtype that the device holds them in
 * @param shape row-major
 * @param values numbers that the dtype holds exactly
 */
public record HostTensor(DType dtype, long[] shape, double[] values) {
  /** How many elements a shape has. */
  public static int count(long... shape) {
    return Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact));
  }

  /** As fp32, for libraries. */
  public float[] floats() {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  /** As 64-bit integers: indices, classes. */
  public long[] longs() {
    return Arrays.stream(values).mapToLong(x -> (long) x).toArray();
  }

  /** Bytes on a device. */
  public long bytes() {
    return (long) values.length * dtype.bytes();
  }
}
