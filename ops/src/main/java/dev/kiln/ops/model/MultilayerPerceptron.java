package dev.kiln.ops.model;

import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.ops.nn.Dropout;
import dev.kiln.ops.nn.Flatten;
import dev.kiln.ops.nn.Layer;
import dev.kiln.ops.nn.Linear;
import dev.kiln.ops.nn.Sequential;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import java.util.List;

/**
 * Linear layers with an activation between them; without hidden layers linear or logistic
 * regression. In: {@code N x ...} with {@code inputs} numbers each; out: {@code N x outputs},
 * without an activation. Child {@code layers}.
 */
public final class MultilayerPerceptron extends Layer {
  private final Sequential layers;

  /**
   * @param hidden units of each hidden layer; none for a linear model
   * @param dropout of the hidden units; 0 for none
   */
  public record Options(
      long inputs, List<Integer> hidden, long outputs, Activation activation, double dropout) {
    public Options {
      hidden = List.copyOf(hidden);
    }

    /** With ReLUs, without dropout. */
    public static Options of(long inputs, List<Integer> hidden, long outputs) {
      return new Options(inputs, hidden, outputs, Activation.RELU, 0);
    }
  }

  public MultilayerPerceptron(Context context, Options options) {
    super(context);
    layers = child("layers", new Sequential(context, new Flatten(context)));
    Linear.Options active = Linear.Options.DEFAULT.withActivation(options.activation());
    long inputs = options.inputs();
    for (int units : options.hidden()) {
      layers.add(new Linear(context, inputs, units, active));
      if (options.dropout() > 0) {
        layers.add(new Dropout(context, options.dropout()));
      }
      inputs = units;
    }
    layers.add(new Linear(context, inputs, options.outputs()));
  }

  @Override
  protected Tensor forward(Tensor x) {
    return layers.apply(x);
  }
}
