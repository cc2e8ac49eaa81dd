package dev.kiln.ops.model;

import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.ops.nn.AdaptivePool;
import dev.kiln.ops.nn.BatchNorm;
import dev.kiln.ops.nn.Bottleneck;
import dev.kiln.ops.nn.Conv2d;
import dev.kiln.ops.nn.ConvOptions;
import dev.kiln.ops.nn.Flatten;
import dev.kiln.ops.nn.Layer;
import dev.kiln.ops.nn.Linear;
import dev.kiln.ops.nn.Sequential;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * A residual network of bottlenecks for small images (He et al., 2016): a 3 x 3 convolution, stages
 * of which each but the first halves the images and doubles the channels, and the mean of all
 * places. In: {@code N x channels x height x width}; out: logits, {@code N x classes}.
 */
public final class ResNet extends Layer {
  private final List<Layer> layers = new ArrayList<>();

  /**
   * @param channels of the images
   * @param width channels in the middle of the first stage's bottlenecks
   * @param blocks bottlenecks of each stage
   */
  public record Options(int channels, int width, List<Integer> blocks, int classes) {
    public Options {
      blocks = List.copyOf(blocks);
    }
  }

  public ResNet(Context context, Options options) {
    super(context);
    int width = options.width();
    long inputs = width;
    ConvOptions three = ConvOptions.kernel(3).withPadding(1).withoutBias();
    add("conv1", new Conv2d(context, options.channels(), width, three));
    add("bn1", new BatchNorm(context, width, Activation.RELU));
    for (int stage = 0; stage < options.blocks().size(); stage++) {
      var blocks = new Sequential(context);
      for (int i = 0; i < options.blocks().get(stage); i++) {
        int stride = stage > 0 && i == 0 ? 2 : 1;
        blocks.add(new Bottleneck(context, inputs, width, stride));
        inputs = (long) width * Bottleneck.EXPANSION;
      }
      add("layer" + (stage + 1), blocks);
      width *= 2;
    }
    add("avgpool", AdaptivePool.average(context, 1, 1));
    add("flatten", new Flatten(context));
    add("fc", new Linear(context, inputs, options.classes()));
  }

  private void add(String name, Layer layer) {
    layers.add(child(name, layer));
  }

  @Override
  protected Tensor forward(Tensor x) {
    Tensor y = x;
    for (Layer layer : layers) {
      y = layer.apply(y);
    }
    return y;
  }
}
