package dev.kiln.ops.model;

import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.ops.nn.AveragePool;
import dev.kiln.ops.nn.Conv2d;
import dev.kiln.ops.nn.ConvOptions;
import dev.kiln.ops.nn.Flatten;
import dev.kiln.ops.nn.Initialization;
import dev.kiln.ops.nn.Layer;
import dev.kiln.ops.nn.Linear;
import dev.kiln.ops.nn.Sequential;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;

/**
 * LeNet-5 (LeCun et al., 1998) with 61,706 parameters for ten classes. In: {@code N x 1 x 28 x 28};
 * out: logits, {@code N x classes}. Children {@code features}, {@code classifier}.
 */
public final class LeNet extends Layer {
  private final Sequential features;
  private final Sequential classifier;

  /** With sigmoids, as it was; first values by Xavier, without which these hardly learn. */
  public LeNet(Context context, int classes) {
    this(context, classes, Activation.SIGMOID);
  }

  public LeNet(Context context, int classes, Activation activation) {
    super(context);
    Initialization xavier = Initialization.xavierUniform(1);
    ConvOptions five = ConvOptions.kernel(5).withActivation(activation).withInitialization(xavier);
    Linear.Options hidden =
        Linear.Options.DEFAULT.withActivation(activation).withInitialization(xavier);
    features =
        child(
            "features",
            new Sequential(
                context,
                new Conv2d(context, 1, 6, five.withPadding(2)),
                new AveragePool(context, 2, 2),
                new Conv2d(context, 6, 16, five),
                new AveragePool(context, 2, 2)));
    classifier =
        child(
            "classifier",
            new Sequential(
                context,
                new Flatten(context),
                new Linear(context, 400, 120, hidden),
                new Linear(context, 120, 84, hidden),
                new Linear(context, 84, classes, hidden.withActivation(Activation.NONE))));
  }

  @Override
  protected Tensor forward(Tensor x) {
    return classifier.apply(features.apply(x));
  }
}
