package dev.kiln.ops.train.recipe;

import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.ops.model.LeNet;
import dev.kiln.ops.model.MultilayerPerceptron;
import dev.kiln.ops.nn.Layer;
import dev.kiln.ops.tensor.Context;
import java.util.List;
import java.util.Locale;

/** Networks for digits. */
public enum DigitModel {
  /** 784 inputs, one hidden layer with GELU and dropout, 10 classes. */
  MLP(30, 128, 2e-3),
  /** Convolutions, sigmoids and average pools of 1998: 61,706 parameters. */
  LENET(20, 64, 8e-3);

  private final int epochs;
  private final int batch;
  private final double rate;

  DigitModel(int epochs, int batch, double rate) {
    this.epochs = epochs;
    this.batch = batch;
    this.rate = rate;
  }

  /** Passes over the 8,500 digits that it takes to tell 98 of 100. */
  public int epochs() {
    return epochs;
  }

  /** Images of a batch. */
  public int batch() {
    return batch;
  }

  /** Highest learning rate of AdamW. */
  public double rate() {
    return rate;
  }

  Layer make(Context context, DigitRecipe.Options options, long inputs, int classes) {
    return switch (this) {
      case MLP ->
          new MultilayerPerceptron(
              context,
              new MultilayerPerceptron.Options(
                  inputs,
                  List.of(options.hidden()),
                  classes,
                  Activation.GELU_TANH,
                  options.dropout()));
      case LENET -> new LeNet(context, classes);
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
