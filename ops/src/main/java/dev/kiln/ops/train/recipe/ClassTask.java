package dev.kiln.ops.train.recipe;

import dev.kiln.ops.data.Batch;
import dev.kiln.ops.data.Targets;
import dev.kiln.ops.function.CrossEntropies;
import dev.kiln.ops.nn.Layer;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.ops.train.Task;
import dev.kiln.runtime.KilnException;

/**
 * Learns to tell classes by the cross-entropy.
 *
 * @param model from a batch's values to a logit for each class
 * @param labelSmoothing part of the probability that goes to all classes alike
 */
public record ClassTask(Layer model, double labelSmoothing) implements Task<Batch> {
  @Override
  public Tensor loss(Batch batch) {
    return loss(logits(batch), batch);
  }

  /** {@code N x classes}. */
  Tensor logits(Batch batch) {
    return model.apply(inputs(model.context(), batch));
  }

  private Tensor loss(Tensor logits, Batch batch) {
    return CrossEntropies.crossEntropy(
        logits,
        targets(logits.context(), batch),
        CrossEntropies.Options.DEFAULT.withLabelSmoothing(labelSmoothing));
  }

  static Tensor inputs(Context context, Batch batch) {
    long[] shape = new long[batch.shape().length];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = batch.shape()[i];
    }
    return context.of(batch.values(), shape);
  }

  private static Tensor targets(Context context, Batch batch) {
    return switch (batch.targets()) {
      case Targets.Classes t -> context.of(t.indices(), t.count());
      case Targets.Probabilities t -> context.of(t.values(), t.count(), t.classes());
      case Targets.Numbers _ ->
          throw new KilnException("classes are learned from classes, not from numbers");
    };
  }

  @Override
  public long examples(Batch batch) {
    return batch.count();
  }
}
