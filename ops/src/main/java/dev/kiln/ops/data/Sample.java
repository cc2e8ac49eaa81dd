package dev.kiln.ops.data;

import dev.kiln.runtime.KilnException;
import java.util.Arrays;

/**
 * An example: numbers and what a model shall say about them.
 *
 * @param values as many as the shape has elements, the last dimension fastest
 * @param shape such as channels x height x width
 */
public record Sample(float[] values, int[] shape, Target target) {
  public Sample {
    long size = 1;
    for (int d : shape) {
      size *= d;
    }
    if (size != values.length) {
      throw new KilnException(
          "an example of shape %s cannot have %,d values"
              .formatted(Arrays.toString(shape), values.length));
    }
  }
}
