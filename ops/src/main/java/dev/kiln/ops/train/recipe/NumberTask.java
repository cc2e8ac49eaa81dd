package dev.kiln.ops.train.recipe;

import dev.kiln.ops.data.Batch;
import dev.kiln.ops.data.Targets;
import dev.kiln.ops.function.Losses;
import dev.kiln.ops.nn.Layer;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.ops.train.Task;
import dev.kiln.runtime.KilnException;

/**
 * Learns to tell numbers by the mean square of the error.
 *
 * @param model from a batch's values to numbers, as they are scaled for training
 */
public record NumberTask(Layer model) implements Task<Batch> {
  @Override
  public Tensor loss(Batch batch) {
    Tensor predicted = predictions(batch);
    Targets.Numbers numbers = numbers(batch);
    return Losses.mse(
        predicted, model.context().of(numbers.values(), numbers.count(), numbers.width()));
  }

  /** {@code N x numbers}. */
  Tensor predictions(Batch batch) {
    return model.apply(ClassTask.inputs(model.context(), batch));
  }

  static Targets.Numbers numbers(Batch batch) {
    if (batch.targets() instanceof Targets.Numbers numbers) {
      return numbers;
    }
    throw new KilnException("numbers are learned from numbers, not from classes");
  }

  @Override
  public long examples(Batch batch) {
    return batch.count();
  }
}
