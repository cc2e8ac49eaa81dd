package dev.kiln.ops.train.recipe;

import dev.kiln.ops.model.Word2Vec;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.ops.text.WordPairs;
import dev.kiln.ops.train.Task;

/** Learns vectors of words that predict their neighbours. */
public record SkipGramTask(Word2Vec model) implements Task<WordPairs.SkipGram> {
  @Override
  public Tensor loss(WordPairs.SkipGram batch) {
    Context context = model.context();
    int count = batch.centers().length;
    return model.skipGramLoss(
        context.of(batch.centers(), count),
        context.of(batch.contexts(), count),
        context.of(batch.negatives(), count, batch.negatives().length / count));
  }

  @Override
  public long examples(WordPairs.SkipGram batch) {
    return batch.centers().length;
  }
}
