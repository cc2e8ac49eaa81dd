package dev.kiln.ops.nn;

import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.elementwise.ActivationFunction;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import java.util.List;

/** A function of each element, as a layer: any of {@link Activation}. */
public final class ActivationLayer extends Layer implements Counted {
  private final ActivationFunction function;

  public ActivationLayer(Context context, Activation activation) {
    this(context, activation.usual());
  }

  public ActivationLayer(Context context, ActivationFunction function) {
    super(context);
    this.function = function;
  }

  /** {@code max(x, 0)}. */
  public static ActivationLayer relu(Context context) {
    return new ActivationLayer(context, Activation.RELU);
  }

  /** {@code x}, or {@code slope x} below 0. */
  public static ActivationLayer leakyRelu(Context context, double slope) {
    return new ActivationLayer(context, ActivationFunction.leakyRelu(slope));
  }

  /** {@code x/2 (1 + erf(x / sqrt 2))}. */
  public static ActivationLayer gelu(Context context) {
    return new ActivationLayer(context, Activation.GELU);
  }

  /** {@code 1 / (1 + exp(-x))}. */
  public static ActivationLayer sigmoid(Context context) {
    return new ActivationLayer(context, Activation.SIGMOID);
  }

  /** {@code tanh(x)}. */
  public static ActivationLayer tanh(Context context) {
    return new ActivationLayer(context, Activation.TANH);
  }

  @Override
  protected Tensor forward(Tensor x) {
    return function.activation() == Activation.NONE ? x : x.activate(function);
  }

  /** One for each element. */
  @Override
  public Work work(List<Tensor> inputs, List<Tensor> outputs) {
    return Work.flops(function.activation() == Activation.NONE ? 0 : outputs.getFirst().size());
  }

  @Override
  public String toString() {
    return "Activation(" + function.activation().kernelName() + ")";
  }
}
