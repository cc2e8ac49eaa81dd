package dev.kiln.ops.train.recipe;

import dev.kiln.ops.data.Ratings;
import dev.kiln.ops.model.MatrixFactorization;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.ops.train.Task;

/** Learns factors of users and items from ratings. */
public record RatingsTask(MatrixFactorization model) implements Task<Ratings> {
  @Override
  public Tensor loss(Ratings batch) {
    return model.loss(batch);
  }

  @Override
  public long examples(Ratings batch) {
    return batch.size();
  }
}
