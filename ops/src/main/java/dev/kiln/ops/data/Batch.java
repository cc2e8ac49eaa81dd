package dev.kiln.ops.data;

import dev.kiln.runtime.KilnException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Examples side by side.
 *
 * @param values of all examples, one after the other
 * @param shape the number of examples, then an example's shape
 */
public record Batch(float[] values, int[] shape, Targets targets) {
  /** How many examples there are. */
  public int count() {
    return shape[0];
  }

  /** Numbers of an example. */
  public int width() {
    return values.length / shape[0];
  }

  /**
   * Puts examples together.
   *
   * @throws KilnException if there are none, or their shapes or kinds of target differ
   */
  public static Batch of(List<Sample> samples) {
    if (samples.isEmpty()) {
      throw new KilnException("a batch needs at least one example");
    }
    int[] one = samples.getFirst().shape();
    int width = samples.getFirst().values().length;
    float[] values = new float[Math.multiplyExact(samples.size(), width)];
    var targets = new ArrayList<Target>(samples.size());
    for (int i = 0; i < samples.size(); i++) {
      Sample sample = samples.get(i);
      if (!Arrays.equals(sample.shape(), one)) {
        throw new KilnException(
            "a batch must have examples of one shape, not %s and %s"
                .formatted(Arrays.toString(one), Arrays.toString(sample.shape())));
      }
      System.arraycopy(sample.values(), 0, values, i * width, width);
      targets.add(sample.target());
    }
    int[] shape = new int[one.length + 1];
    shape[0] = samples.size();
    System.arraycopy(one, 0, shape, 1, one.length);
    return new Batch(values, shape, Targets.of(targets));
  }
}
