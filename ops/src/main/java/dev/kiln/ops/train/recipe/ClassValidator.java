package dev.kiln.ops.train.recipe;

import dev.kiln.ops.data.Batch;
import dev.kiln.ops.data.BatchPlan;
import dev.kiln.ops.data.Targets;
import dev.kiln.ops.function.CrossEntropies;
import dev.kiln.ops.metric.ConfusionMatrix;
import dev.kiln.ops.metric.Mean;
import dev.kiln.ops.optim.MixedPrecision;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.ops.train.Validation;
import dev.kiln.ops.train.Validator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;

/**
 * Measures loss, accuracy, F1 and the confusion matrix of a classifier.
 *
 * @param plan batches of classes, each once
 * @param names of the classes
 */
public record ClassValidator(ClassTask task, BatchPlan<Batch> plan, List<String> names)
    implements Validator {
  @Override
  public Validation validate(long step, MixedPrecision precision) {
    var matrix = new ConfusionMatrix(names);
    var loss = new Mean("loss");
    for (Batch batch : plan.epoch(0)) {
      measure(batch, precision, matrix, loss);
    }
    var metrics = new LinkedHashMap<String, Double>();
    metrics.put("accuracy", matrix.value());
    metrics.put("f1", matrix.f1(ConfusionMatrix.Average.MACRO));
    return new Validation(step, loss.value(), metrics, Optional.of(matrix), Optional.empty());
  }

  private void measure(Batch batch, MixedPrecision precision, ConfusionMatrix matrix, Mean loss) {
    Context context = task.model().context();
    int[] labels = ((Targets.Classes) batch.targets()).indices();
    try (Scope _ = context.scope()) {
      Tensor logits = precision.forward(() -> task.logits(batch));
      Tensor mean = CrossEntropies.crossEntropy(logits, context.of(labels, labels.length));
      loss.update(mean.item(), labels.length);
      matrix.update(logits.toFloats(), labels);
    }
  }
}
