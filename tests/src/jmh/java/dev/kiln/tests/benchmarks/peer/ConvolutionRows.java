package dev.kiln.tests.benchmarks.peer;

import dev.kiln.kernels.convolution.Convolution;
import dev.kiln.kernels.convolution.ConvolutionOptions;
import dev.kiln.references.torch.Torch;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.cpu.CpuDevice;
import dev.kiln.tests.benchmarks.Inputs;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.bytedeco.javacpp.BoolPointer;
import org.bytedeco.pytorch.LongArrayRef;
import org.bytedeco.pytorch.LongArrayRefOptional;
import org.bytedeco.pytorch.T_TensorTensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** A 3 x 3 convolution with its gradients, both libraries with images in the same order. */
final class ConvolutionRows {
  private static final int IMAGES = 8;
  private static final int CHANNELS = 64;
  private static final int SIZE = 56;
  private static final int TAPS = 3;
  private static final double TOLERANCE = 1e-4;
  private static final ConvolutionOptions SAME = ConvolutionOptions.of(2, 1, 1);

  private ConvolutionRows() {}

  static List<PeerRow> all() {
    return Stream.of(Order.values())
        .flatMap(
            order ->
                Stream.of(
                    row("forward", order, order.goal, Work::forward),
                    row("weight-gradient", order, order.goal, Work::weightGradient),
                    row("data-gradient", order, 0, Work::dataGradient)))
        .toList();
  }

  private static PeerRow row(String name, Order order, double goal, Function<Work, Contest> work) {
    return PeerRow.of(
        "torch-convolution-" + name + "-" + order.name().toLowerCase(Locale.ROOT),
        "convolution 3 x 3, 64 channels, 56 x 56, 8 images, %s, %s"
            .formatted(name.replace('-', ' '), order),
        goal,
        device -> work.apply(new Work(device, order)));
  }

  /** Of the numbers of images in memory. */
  private enum Order {
    /** Channels last, which both libraries like best; weights as each likes them. */
    NHWC(0.7),
    NCHW(0);

    private final double goal;

    Order(double goal) {
      this.goal = goal;
    }
  }

  /** Arrays and tensors with the same numbers. */
  private static final class Work {
    private final Order order;
    private final Convolution convolution;
    private final NdArray x;
    private final NdArray weights;
    private final NdArray dy;
    private final NdArray y;
    private final NdArray dx;
    private final NdArray dw;
    private final Tensor torchX;
    private final Tensor torchWeights;
    private final Tensor torchDy;
    private final TensorOptional noBias = Torch.none();
    private final LongArrayRef one = Torch.sizes(1, 1);
    private final LongArrayRef zero = Torch.sizes(0, 0);
    private final LongArrayRefOptional noSizes = new LongArrayRefOptional();

    Work(CpuDevice device, Order order) {
      this.order = order;
      convolution = new Convolution(device);
      x = images(device, 1);
      weights = weights(device, 2);
      dy = images(device, 3);
      y = images(device, 4);
      dx = images(device, 5);
      dw = weights(device, 6);
      torchX = tensor(x);
      torchWeights = tensor(weights);
      torchDy = tensor(dy);
    }

    private NdArray images(CpuDevice device, int seed) {
      return order == Order.NCHW
          ? Inputs.normal(device, seed, IMAGES, CHANNELS, SIZE, SIZE)
          : Inputs.normal(device, seed, IMAGES, SIZE, SIZE, CHANNELS).permute(0, 3, 1, 2);
    }

    private NdArray weights(CpuDevice device, int seed) {
      return order == Order.NCHW
          ? Inputs.normal(device, seed, CHANNELS, CHANNELS, TAPS, TAPS)
          : Inputs.normal(device, seed, TAPS, TAPS, CHANNELS, CHANNELS).permute(3, 2, 0, 1);
    }

    private Tensor tensor(NdArray array) {
      Tensor tensor = Torch.copy(array);
      return order == Order.NCHW ? tensor : tensor.contiguous(torch.MemoryFormat.ChannelsLast);
    }

    Contest forward() {
      return contest(() -> convolution.forward(x, weights, SAME, y), "y", y, this::torchForward);
    }

    private Tensor torchForward() {
      return torch.conv2d(torchX, torchWeights, noBias, one, one, one, 1);
    }

    Contest weightGradient() {
      return contest(
          () -> convolution.weightGradient(x, dy, SAME, dw),
          "dw",
          dw,
          () -> torchBackward(false).get1());
    }

    Contest dataGradient() {
      return contest(
          () -> convolution.dataGradient(dy, weights, SAME, dx),
          "dx",
          dx,
          () -> torchBackward(true).get0());
    }

    private T_TensorTensorTensor_T torchBackward(boolean ofData) {
      var which = new BoolPointer(3).put(0, ofData).put(1, !ofData).put(2, false);
      return torch.convolution_backward(
          torchDy, torchX, torchWeights, noSizes, one, one, one, false, zero, 1, which);
    }

    private static Contest contest(
        Runnable kiln, String name, NdArray ours, Supplier<Tensor> theirs) {
      return Contest.of(
          kiln, Torch.program(theirs), Agreement.of(name, ours, Torch.result(theirs), TOLERANCE));
    }
  }
}
