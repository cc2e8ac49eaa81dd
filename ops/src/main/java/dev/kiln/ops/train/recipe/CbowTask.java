package dev.kiln.ops.train.recipe;

import dev.kiln.ops.model.Word2Vec;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.ops.text.WordPairs;
import dev.kiln.ops.train.Task;

/** Learns vectors of words by those around them. */
public record CbowTask(Word2Vec model) implements Task<WordPairs.Cbow> {
  @Override
  public Tensor loss(WordPairs.Cbow batch) {
    Context context = model.context();
    int count = batch.centers().length;
    return model.cbowLoss(
        context.of(batch.contexts(), count, batch.width()),
        batch.lengths(),
        context.of(batch.centers(), count),
        context.of(batch.negatives(), count, batch.negatives().length / count));
  }

  @Override
  public long examples(WordPairs.Cbow batch) {
    return batch.centers().length;
  }
}
