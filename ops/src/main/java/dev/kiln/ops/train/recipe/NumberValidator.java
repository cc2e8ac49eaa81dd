package dev.kiln.ops.train.recipe;

import dev.kiln.ops.data.Batch;
import dev.kiln.ops.data.BatchPlan;
import dev.kiln.ops.metric.Mean;
import dev.kiln.ops.metric.Regression;
import dev.kiln.ops.optim.MixedPrecision;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.ops.train.Validation;
import dev.kiln.ops.train.Validator;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;

/**
 * Measures MAE, RMSE and R2 of a regression to one number, in its own unit; the loss is as in
 * training.
 *
 * @param plan batches, each row once
 * @param original turns a number of the model into the target's unit
 * @param name of the target
 */
public record NumberValidator(
    NumberTask task, BatchPlan<Batch> plan, DoubleUnaryOperator original, String name)
    implements Validator {
  @Override
  public Validation validate(long step, MixedPrecision precision) {
    var regression = new Regression();
    var loss = new Mean("loss");
    int rows = plan.epoch(0).stream().mapToInt(Batch::count).sum();
    float[] predicted = new float[rows];
    float[] targets = new float[rows];
    int at = 0;
    for (Batch batch : plan.epoch(0)) {
      float[] scaled = NumberTask.numbers(batch).values();
      float[] told = tell(batch, precision, loss);
      for (int row = 0; row < scaled.length; row++) {
        predicted[at] = (float) original.applyAsDouble(told[row]);
        targets[at++] = (float) original.applyAsDouble(scaled[row]);
      }
    }
    regression.update(predicted, targets);
    var metrics = new LinkedHashMap<String, Double>();
    metrics.put("mae", regression.mae());
    metrics.put("rmse", regression.rmse());
    metrics.put("r2", regression.r2());
    var shown = new Validation.Predictions(predicted, targets, name);
    return new Validation(step, loss.value(), metrics, Optional.empty(), Optional.of(shown));
  }

  private float[] tell(Batch batch, MixedPrecision precision, Mean loss) {
    Context context = task.model().context();
    try (Scope _ = context.scope()) {
      Tensor told = precision.forward(() -> task.predictions(batch));
      loss.update(precision.forward(() -> task.loss(batch)).item(), batch.count());
      return told.toFloats();
    }
  }
}
