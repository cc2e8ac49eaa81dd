package dev.kiln.ops.train.recipe;

import dev.kiln.ops.model.Seq2SeqTransformer;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.ops.text.SequenceBatch;
import dev.kiln.ops.train.Task;
import java.util.Arrays;

/**
 * Learns to write a sequence for each one that is read. Targets are a token that begins, the
 * sequence, and a token that ends it; both sides are padded by the model's padding.
 */
public record TranslationTask(Seq2SeqTransformer model) implements Task<SequenceBatch.Pairs> {
  @Override
  public Tensor loss(SequenceBatch.Pairs batch) {
    return model.loss(
        tokens(model.context(), batch.source()),
        batch.source().lengths(),
        tokens(model.context(), batch.target()));
  }

  /** {@code count x length}, i32. */
  static Tensor tokens(Context context, SequenceBatch batch) {
    return context.of(batch.tokens(), batch.count(), batch.length());
  }

  /** Tokens that are told: those of the targets behind the first. */
  @Override
  public long examples(SequenceBatch.Pairs batch) {
    return Arrays.stream(batch.target().lengths()).asLongStream().sum() - batch.target().count();
  }
}
