package dev.kiln.ops.train;

import dev.kiln.ops.nn.Module;
import dev.kiln.ops.tensor.Tensor;

/**
 * What a model learns from batches.
 *
 * @param <B> a batch in host memory
 */
public interface Task<B> {
  Module model();

  /** The mean loss of a batch, a single number, with its graph where gradients are recorded. */
  Tensor loss(B batch);

  /** What the throughput counts: images, rows, tokens. */
  long examples(B batch);
}
