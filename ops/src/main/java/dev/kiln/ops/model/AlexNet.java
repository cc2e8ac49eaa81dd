package dev.kiln.ops.model;

import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.pooling.PoolingOptions;
import dev.kiln.ops.nn.Conv2d;
import dev.kiln.ops.nn.ConvOptions;
import dev.kiln.ops.nn.Dropout;
import dev.kiln.ops.nn.Flatten;
import dev.kiln.ops.nn.Layer;
import dev.kiln.ops.nn.Linear;
import dev.kiln.ops.nn.MaxPool;
import dev.kiln.ops.nn.Sequential;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;

/**
 * AlexNet (Krizhevsky et al., 2012) on one device: 46,764,746 parameters with one channel and ten
 * classes. In: {@code N x channels x size x size}; out: logits, {@code N x classes}.
 */
public final class AlexNet extends Layer {
  /** The last pool needs 3 places. */
  private static final int LEAST_SIZE = 65;

  private final Sequential features;
  private final Sequential classifier;

  /**
   * @param channels of the images
   * @param size height and width of the images, at least 65; 224 in the paper
   * @param width the share of channels and hidden units; 1 in the paper
   * @param dropout of the hidden units
   */
  public record Options(int channels, int size, int classes, double width, double dropout) {
    /** The full size, for images of one channel. */
    public static Options full(int classes) {
      return new Options(1, 224, classes, 1, 0.5);
    }

    int scaled(int number) {
      return Math.max(1, (int) Math.round(number * width));
    }
  }

  public AlexNet(Context context, Options options) {
    super(context);
    if (options.size() < LEAST_SIZE) {
      throw new KilnException(
          "AlexNet: images must be of %d x %d at least, but are of %d"
              .formatted(LEAST_SIZE, LEAST_SIZE, options.size()));
    }
    int narrow = options.scaled(96);
    int middle = options.scaled(256);
    int wide = options.scaled(384);
    ConvOptions three = relu(3).withPadding(1);
    features =
        child(
            "features",
            new Sequential(
                context,
                new Conv2d(
                    context, options.channels(), narrow, relu(11).withStride(4).withPadding(1)),
                pool(),
                new Conv2d(context, narrow, middle, relu(5).withPadding(2)),
                pool(),
                new Conv2d(context, middle, wide, three),
                new Conv2d(context, wide, wide, three),
                new Conv2d(context, wide, middle, three),
                pool()));
    int side = pooled(pooled(pooled((options.size() + 2 - 11) / 4 + 1)));
    int hidden = options.scaled(4096);
    Linear.Options active = Linear.Options.DEFAULT.withActivation(Activation.RELU);
    classifier =
        child(
            "classifier",
            new Sequential(
                context,
                new Flatten(context),
                new Linear(context, (long) middle * side * side, hidden, active),
                new Dropout(context, options.dropout()),
                new Linear(context, hidden, hidden, active),
                new Dropout(context, options.dropout()),
                new Linear(context, hidden, options.classes())));
  }

  private static ConvOptions relu(int kernel) {
    return ConvOptions.kernel(kernel).withActivation(Activation.RELU);
  }

  private MaxPool pool() {
    return new MaxPool(context(), PoolingOptions.of(2, 3, 2, 0));
  }

  private static int pooled(int size) {
    return (size - 3) / 2 + 1;
  }

  @Override
  protected Tensor forward(Tensor x) {
    return classifier.apply(features.apply(x));
  }
}
