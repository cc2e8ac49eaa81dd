package dev.kiln.ops.model;

import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.ops.nn.AdaptivePool;
import dev.kiln.ops.nn.BatchNorm;
import dev.kiln.ops.nn.Conv2d;
import dev.kiln.ops.nn.ConvOptions;
import dev.kiln.ops.nn.Dropout;
import dev.kiln.ops.nn.Flatten;
import dev.kiln.ops.nn.Layer;
import dev.kiln.ops.nn.Linear;
import dev.kiln.ops.nn.MbConv;
import dev.kiln.ops.nn.Sequential;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.List;

/**
 * EfficientNet (Tan and Le, 2019): stages of {@link MbConv} blocks between two convolutions, then
 * the mean of all places. In: {@code N x channels x height x width}; out: logits, {@code N x
 * classes}. Names are torchvision's: {@code features.1.0.block.0.0.weight}.
 */
public final class EfficientNet extends Layer {
  private final Sequential features;
  private final Layer pool;
  private final Layer flatten;
  private final Sequential classifier;

  /**
   * Blocks of one kind.
   *
   * @param channels that come out
   * @param blocks how many; the first one has the stride
   */
  public record Stage(int expansion, int kernel, int stride, int channels, int blocks) {}

  /**
   * @param channels of the images
   * @param stem channels of the first convolution
   * @param stemStride 2 for photographs, 1 for images as small as digits
   * @param last channels of the last convolution
   * @param dropout before the classes
   * @param depthDrop probability that a sample skips the last block; it rises evenly from the first
   */
  public record Options(
      int channels,
      int stem,
      int stemStride,
      List<Stage> stages,
      int last,
      int classes,
      double dropout,
      double depthDrop) {
    public Options {
      stages = List.copyOf(stages);
      if (stages.isEmpty()) {
        throw new KilnException("EfficientNet: there must be at least one stage");
      }
    }

    /** EfficientNet-B0 for colour images of 224 x 224: 5,288,548 parameters with 1,000 classes. */
    public static Options b0(int classes) {
      List<Stage> stages =
          List.of(
              new Stage(1, 3, 1, 16, 1),
              new Stage(6, 3, 2, 24, 2),
              new Stage(6, 5, 2, 40, 2),
              new Stage(6, 3, 2, 80, 3),
              new Stage(6, 5, 1, 112, 3),
              new Stage(6, 5, 2, 192, 4),
              new Stage(6, 3, 1, 320, 1));
      return new Options(3, 32, 2, stages, 1280, classes, 0.2, 0.2);
    }

    private int blocks() {
      return stages.stream().mapToInt(Stage::blocks).sum();
    }
  }

  public EfficientNet(Context context, Options options) {
    super(context);
    features = child("features", new Sequential(context));
    ConvOptions three = ConvOptions.kernel(3).withPadding(1).withStride(options.stemStride());
    features.add(normed(options.channels(), options.stem(), three));
    int inputs = options.stem();
    int done = 0;
    for (Stage stage : options.stages()) {
      var blocks = new Sequential(context);
      for (int i = 0; i < stage.blocks(); i++) {
        double drop = options.depthDrop() * done++ / options.blocks();
        blocks.add(
            new MbConv(
                context, inputs, stage.channels(), block(stage, i == 0).withDepthDrop(drop)));
        inputs = stage.channels();
      }
      features.add(blocks);
    }
    features.add(normed(inputs, options.last(), ConvOptions.kernel(1)));
    pool = child("avgpool", AdaptivePool.average(context, 1, 1));
    flatten = child("flatten", new Flatten(context));
    classifier =
        child(
            "classifier",
            new Sequential(
                context,
                new Dropout(context, options.dropout()),
                new Linear(context, options.last(), options.classes())));
  }

  private static MbConv.Options block(Stage stage, boolean isFirst) {
    return new MbConv.Options(
        stage.expansion(), stage.kernel(), isFirst ? stage.stride() : 1, 0.25, Activation.SILU, 0);
  }

  private Sequential normed(int inputs, int outputs, ConvOptions options) {
    return new Sequential(
        context(),
        new Conv2d(context(), inputs, outputs, options.withoutBias()),
        new BatchNorm(context(), outputs, Activation.SILU));
  }

  @Override
  protected Tensor forward(Tensor x) {
    return classifier.apply(flatten.apply(pool.apply(features.apply(x))));
  }
}
