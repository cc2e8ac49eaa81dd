package dev.kiln.tests.benchmarks.training;

import dev.kiln.kernels.optimizer.Adam;
import dev.kiln.ops.model.Gpt;
import dev.kiln.ops.model.GptOptions;
import dev.kiln.ops.optim.Clipping;
import dev.kiln.ops.optim.Optimizer;
import dev.kiln.ops.optim.ParameterGroups;
import dev.kiln.ops.optim.UpdateRule;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Mode;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.ops.text.TokenBatch;
import java.util.LinkedHashMap;
import java.util.Map;

/** {@link Gpt} in fp32, with the initial values that Kiln gives it. */
final class KilnGpt implements TrainedGpt {
  private final Context context;
  private final Gpt gpt;
  private final Optimizer optimizer;

  KilnGpt(Context context, GptShape shape, AdamSettings settings) {
    this.context = context;
    gpt =
        new Gpt(
            context,
            new GptOptions(
                shape.vocabulary(), shape.context(), shape.layers(), shape.heads(), shape.width()));
    var adam =
        new Adam.Options(
            settings.beta1(),
            settings.beta2(),
            settings.eps(),
            settings.weightDecay(),
            true,
            false);
    optimizer =
        new Optimizer(context, UpdateRule.adam(adam), ParameterGroups.usual(gpt.parameters()))
            .clip(Clipping.byNorm(settings.clip()));
  }

  /** All parameters by name. */
  Map<String, float[]> weights() {
    var weights = new LinkedHashMap<String, float[]>();
    gpt.parameters().forEach((name, parameter) -> weights.put(name, parameter.toFloats()));
    return weights;
  }

  @Override
  public double step(TokenBatch batch, double rate) {
    double value;
    try (Scope _ = context.scope()) {
      Tensor loss = mean(batch);
      loss.backward();
      value = loss.item();
    }
    optimizer.step(rate);
    optimizer.zeroGrad();
    return value;
  }

  @Override
  public double loss(TokenBatch batch) {
    try (Scope _ = context.scope();
        Mode _ = context.noGrad()) {
      return mean(batch).item();
    }
  }

  private Tensor mean(TokenBatch batch) {
    return gpt.loss(
        context.of(batch.inputs(), batch.batch(), batch.length()),
        context.of(batch.targets(), batch.batch(), batch.length()));
  }

  @Override
  public void close() {
    optimizer.close();
    gpt.close();
  }
}
