package dev.kiln.tests.benchmarks.training;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.optimizer.Adam;
import dev.kiln.ops.function.CrossEntropies;
import dev.kiln.ops.model.Gpt;
import dev.kiln.ops.model.GptOptions;
import dev.kiln.ops.model.LeNet;
import dev.kiln.ops.nn.Module;
import dev.kiln.ops.optim.Optimizer;
import dev.kiln.ops.optim.ParameterGroups;
import dev.kiln.ops.optim.UpdateRule;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Mode;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import java.util.Iterator;
import java.util.Map;
import java.util.function.Supplier;

/** The training steps of {@link TorchSteps} by Kiln: the same weights, examples and settings. */
public final class KilnSteps {
  private static final double MOMENTUM = 0.9;
  private static final double RATE = 0.1;

  private KilnSteps() {}

  /** Steps of {@link Gpt} in fp32. */
  public static TrainingStep gpt(Context context, GptShape shape) {
    return gpt(context, shape, null);
  }

  /**
   * Steps of {@link Gpt}.
   *
   * @param lower dtype of autocast, or null for fp32
   */
  public static TrainingStep gpt(Context context, GptShape shape, DType lower) {
    var options =
        new GptOptions(
            shape.vocabulary(), shape.context(), shape.layers(), shape.heads(), shape.width());
    var gpt = new Gpt(context, options);
    load(gpt, shape.weights());
    AdamSettings settings = AdamSettings.OF_GPT;
    var rule =
        UpdateRule.adam(
            new Adam.Options(
                settings.beta1(),
                settings.beta2(),
                settings.eps(),
                settings.weightDecay(),
                true,
                false));
    var optimizer = new Optimizer(context, rule, ParameterGroups.usual(gpt.parameters()));
    int[][] batch = shape.batch(0);
    Tensor tokens = context.of(batch[0], shape.batch(), shape.context()).persist();
    Tensor targets = context.of(batch[1], shape.batch(), shape.context()).persist();
    Supplier<Tensor> loss = () -> gpt.loss(tokens, targets);
    return () -> step(context, lower, loss, optimizer, settings.rate());
  }

  /** Steps of {@link LeNet} by momentum. */
  public static TrainingStep leNet(Context context) {
    var model = new LeNet(context, 10);
    // The names differ, the order is the same.
    Iterator<float[]> next = TorchLeNet.weights().values().iterator();
    try (Mode _ = context.noGrad()) {
      model.parameters().values().forEach(parameter -> parameter.set(next.next()));
    }
    var optimizer = new Optimizer(context, UpdateRule.sgd(MOMENTUM), model.parameters());
    Tensor images = context.of(TorchSteps.pixels(), TorchSteps.images(), 1, 28, 28).persist();
    Tensor labels = context.of(TorchSteps.labels()).persist();
    Supplier<Tensor> loss = () -> CrossEntropies.crossEntropy(model.apply(images), labels);
    return () -> step(context, null, loss, optimizer, RATE);
  }

  private static void load(Module model, Map<String, float[]> weights) {
    try (Mode _ = model.context().noGrad()) {
      model.parameters().forEach((name, parameter) -> parameter.set(weights.get(name)));
    }
  }

  private static double step(
      Context context, DType lower, Supplier<Tensor> loss, Optimizer optimizer, double rate) {
    double value;
    try (Scope _ = context.scope()) {
      Tensor scalar = lower == null ? loss.get() : cast(context, lower, loss);
      scalar.backward();
      value = scalar.item();
    }
    optimizer.step(rate);
    optimizer.zeroGrad();
    return value;
  }

  private static Tensor cast(Context context, DType lower, Supplier<Tensor> loss) {
    try (Mode _ = context.autocast(lower)) {
      return loss.get();
    }
  }
}
