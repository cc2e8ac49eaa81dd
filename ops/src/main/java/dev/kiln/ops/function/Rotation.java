package dev.kiln.ops.function;

import dev.kiln.kernels.elementwise.Rotary;
import dev.kiln.ops.tensor.Tensor;

/**
 * How far heads turn at each place.
 *
 * @param positions i32 or i64, one for each place, or for each place of each batch; null for
 *     consecutive ones from {@link Rotary.Options#offset}
 */
public record Rotation(Rotary.Options options, Tensor positions) {
  /** From consecutive positions. */
  public static Rotation of(Rotary.Options options) {
    return new Rotation(options, null);
  }
}
