package dev.kiln.ops.nn;

import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import java.util.List;

/**
 * The block of ResNet-50: convolutions of 1, 3 and 1 pixels with batch norms, a shortcut around
 * them, and a ReLU at the end (He et al., 2016; the stride is at the middle one, as in torchvision,
 * whose names these are).
 */
public final class Bottleneck extends Layer implements Counted {
  /** Channels out for each channel of the middle. */
  public static final int EXPANSION = 4;

  private final List<Layer> path;
  private final Layer shortcut;

  /**
   * @param width channels of the middle; {@value #EXPANSION} times as many come out
   */
  public Bottleneck(Context context, long inputs, long width, int stride) {
    super(context);
    long outputs = width * EXPANSION;
    ConvOptions pixel = ConvOptions.kernel(1).withoutBias();
    ConvOptions middle = ConvOptions.kernel(3).withPadding(1).withStride(stride).withoutBias();
    Conv2d conv1 = child("conv1", new Conv2d(context, inputs, width, pixel));
    BatchNorm bn1 = child("bn1", new BatchNorm(context, width, Activation.RELU));
    Conv2d conv2 = child("conv2", new Conv2d(context, width, width, middle));
    BatchNorm bn2 = child("bn2", new BatchNorm(context, width, Activation.RELU));
    Conv2d conv3 = child("conv3", new Conv2d(context, width, outputs, pixel));
    BatchNorm bn3 = child("bn3", new BatchNorm(context, outputs));
    path = List.of(conv1, bn1, conv2, bn2, conv3, bn3);
    boolean isSame = stride == 1 && inputs == outputs;
    shortcut =
        isSame
            ? null
            : child(
                "downsample",
                new Sequential(
                    context,
                    new Conv2d(context, inputs, outputs, pixel.withStride(stride)),
                    new BatchNorm(context, outputs)));
  }

  @Override
  protected Tensor forward(Tensor x) {
    Tensor y = x;
    for (Layer layer : path) {
      y = layer.apply(y);
    }
    return Residual.sum(y, shortcut == null ? x : shortcut.apply(x)).relu();
  }

  /** The sum and the ReLU; the layers count for themselves. */
  @Override
  public Work work(List<Tensor> inputs, List<Tensor> outputs) {
    return Work.flops(2 * outputs.getFirst().size());
  }
}
