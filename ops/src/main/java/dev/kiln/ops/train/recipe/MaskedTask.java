package dev.kiln.ops.train.recipe;

import dev.kiln.ops.model.MaskedLanguageModel;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.ops.text.SequenceBatch;
import dev.kiln.ops.train.Task;
import java.util.Arrays;

/**
 * Learns to tell hidden tokens. Batches are pairs of {@code TokenMasking} side by side: sequences
 * with tokens hidden, and what these were, elsewhere -100.
 */
public record MaskedTask(MaskedLanguageModel model) implements Task<SequenceBatch.Pairs> {
  /** Stands in targets where nothing was hidden, and behind the end of sequences. */
  public static final int IGNORED = -100;

  @Override
  public Tensor loss(SequenceBatch.Pairs batch) {
    return model.loss(
        TranslationTask.tokens(model.context(), batch.source()),
        batch.source().lengths(),
        TranslationTask.tokens(model.context(), batch.target()));
  }

  /** Tokens that were read. */
  @Override
  public long examples(SequenceBatch.Pairs batch) {
    return Arrays.stream(batch.source().lengths()).asLongStream().sum();
  }
}
