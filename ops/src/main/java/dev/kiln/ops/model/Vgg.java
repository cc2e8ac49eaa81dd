package dev.kiln.ops.model;

import dev.kiln.kernels.elementwise.Activation;
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
import java.util.List;

/**
 * VGG (Simonyan and Zisserman, 2015): blocks of 3 x 3 convolutions, each halving the images. In:
 * {@code N x channels x size x size}; out: logits, {@code N x classes}. Names are torchvision's,
 * where activations are layers of their own: {@code features.3.weight}, {@code
 * classifier.6.weight}.
 */
public final class Vgg extends Layer {
  /** Numbers of a convolution and its activation. */
  private static final int WITH_ACTIVATION = 2;

  private final Sequential features;
  private final Sequential classifier;

  /** Convolutions of one block, and their channels. */
  public record Block(int convolutions, int channels) {}

  /**
   * @param channels of the images
   * @param size height and width of the images, a multiple of 2 to the number of blocks
   * @param hidden units of the two hidden layers
   * @param dropout of these
   */
  public record Options(
      List<Block> blocks, int channels, int size, int classes, int hidden, double dropout) {
    public Options {
      blocks = List.copyOf(blocks);
    }

    /** VGG-11 for 224 x 224 images of one channel: 128,806,154 parameters with ten classes. */
    public static Options vgg11(int classes) {
      List<Block> blocks =
          List.of(
              new Block(1, 64),
              new Block(1, 128),
              new Block(2, 256),
              new Block(2, 512),
              new Block(2, 512));
      return new Options(blocks, 1, 224, classes, 4096, 0.5);
    }
  }

  public Vgg(Context context, Options options) {
    super(context);
    long parts = 1L << options.blocks().size();
    if (options.size() < 1 || options.size() % parts != 0) {
      throw new KilnException(
          "Vgg: %d blocks need images whose size is a multiple of %d, but it is %d"
              .formatted(options.blocks().size(), parts, options.size()));
    }
    features = child("features", new Sequential(context));
    ConvOptions three = ConvOptions.kernel(3).withPadding(1).withActivation(Activation.RELU);
    int inputs = options.channels();
    int number = 0;
    for (Block block : options.blocks()) {
      for (int i = 0; i < block.convolutions(); i++) {
        var convolution = new Conv2d(context, inputs, block.channels(), three);
        features.add(Integer.toString(number), convolution);
        number += WITH_ACTIVATION;
        inputs = block.channels();
      }
      features.add(Integer.toString(number++), new MaxPool(context, 2, 2));
    }
    long side = options.size() / parts;
    Linear.Options active = Linear.Options.DEFAULT.withActivation(Activation.RELU);
    classifier =
        child(
            "classifier",
            new Sequential(context)
                .add("flatten", new Flatten(context))
                .add("0", new Linear(context, inputs * side * side, options.hidden(), active))
                .add("2", new Dropout(context, options.dropout()))
                .add("3", new Linear(context, options.hidden(), options.hidden(), active))
                .add("5", new Dropout(context, options.dropout()))
                .add("6", new Linear(context, options.hidden(), options.classes())));
  }

  @Override
  protected Tensor forward(Tensor x) {
    return classifier.apply(features.apply(x));
  }
}
