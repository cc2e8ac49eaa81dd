package dev.kiln.ops.nn;

import dev.kiln.kernels.elementwise.LearnableActivation.Function;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import java.util.List;
import java.util.Locale;

/**
 * An activation with a number that is learned, one for all or one for each channel, which axis 1
 * counts. Parameter {@code weight}, as PyTorch's PReLU.
 */
public final class LearnedActivation extends Layer implements Counted {
  private final Function function;
  private final Tensor weight;

  /**
   * @param numbers 1, or as many as there are channels
   * @param initial what they start as
   */
  public LearnedActivation(Context context, Function function, long numbers, double initial) {
    super(context);
    this.function = function;
    weight = parameter("weight", Initialization.constant(initial).make(context, numbers));
  }

  /** {@code x}, or {@code a x} below 0, from {@code a = 0.25}. */
  public static LearnedActivation prelu(Context context, long numbers) {
    return new LearnedActivation(context, Function.PRELU, numbers, 0.25);
  }

  /** {@code 1 / (1 + exp(-a x))}, from {@code a = 1}. */
  public static LearnedActivation sigmoid(Context context) {
    return new LearnedActivation(context, Function.SIGMOID, 1, 1);
  }

  /** {@code x / (1 + exp(-a x))}, from {@code a = 1}. */
  public static LearnedActivation swish(Context context) {
    return new LearnedActivation(context, Function.SWISH, 1, 1);
  }

  @Override
  protected Tensor forward(Tensor x) {
    return switch (function) {
      case PRELU -> x.prelu(weight);
      case SIGMOID -> x.learnableSigmoid(weight);
      case SWISH -> x.swish(weight);
    };
  }

  /** Two for each element: the product, and the function. */
  @Override
  public Work work(List<Tensor> inputs, List<Tensor> outputs) {
    return Work.flops(2 * outputs.getFirst().size());
  }

  @Override
  public String toString() {
    return "LearnedActivation(" + function.name().toLowerCase(Locale.ROOT) + ")";
  }
}
